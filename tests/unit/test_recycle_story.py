"""Every contract can be told in a sentence, and its receipt in lines."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from services.recycle.api.answers import CountsOut
from services.recycle.app import READS
from services.recycle.domain import counting, journey
from services.recycle.domain.memory import remember
from services.recycle.domain.model import Journey, RecycledLead
from services.recycle.domain.receipts import lines, read_receipt, receipt_bytes
from services.recycle.domain.story import TOLD, tell
from shared.contracts import ALL
from shared.contracts.ingest import AccountUpdated, LeadErased, LeadMerged
from shared.contracts.routing import (
    BY_CONSENT,
    DeadlineBreached,
    DeadlineReminded,
    LeadReEngaged,
    LeadWon,
    RepChanged,
)
from shared.contracts.values import Candidate, Deadline, Point, RouteReceipt, RuleTried, ScoreReceipt
from shared.testing.leads import NOON, activity, captured, heard, lead_id, recorded
from tests.unit.recycle_lead import AGREEMENT, RITA, assigned, given_up, not_qualified, scored

CLOCK = Deadline(name="accept", due_at=NOON, policy="hot")


def test_every_contract_about_a_lead_is_told() -> None:
    assert set(ALL) - set(TOLD) == {AccountUpdated, RepChanged}
    assert set(READS) == {*TOLD, RepChanged}


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (captured(), ["Captured of Northwind by form", "form_submitted", "maya@acme.example"]),
        (recorded(2, "page_viewed", url="/pricing"), ["Activity 2", "page_viewed (/pricing)"]),
        (not_qualified(), ["No MQL", "the track new (maya@acme.example)"]),
        (
            replace(not_qualified(reason="consent to be called is unknown"), mql=True),
            ["An MQL that does not go to sales: consent to be called is unknown (score 20"],
        ),
        (assigned(2, why="new"), ["rita@acme.example answers now (new)"]),
        (
            given_up("do-not-contact", by=BY_CONSENT),
            ["Contact was refused, so sales gives it back: do-not-contact"],
        ),
        (given_up("no-need"), ["rita@acme.example gives it back: no-need"]),
        (scored(2, 61), ["score 61, grade B"]),
        (
            DeadlineBreached(deadline=CLOCK, owner=RITA.answers, late_by_s=90, outage=True),
            ["rita@acme.example missed the accept clock", "Baton was not running when it ran out"],
        ),
        (LeadMerged(survivor=lead_id("older")), [lead_id("older")]),
        (LeadWon(by=RITA.answers, value="24000", currency="USD"), ["Won: 24000 USD (rita@acme.example)"]),
    ],
)
def test_an_event_is_told_in_words(event: Any, words: list[str]) -> None:
    sentence = tell(heard(event))
    for word in words:
        assert word in sentence


def test_the_story_has_no_address_of_the_lead() -> None:
    assert "ana@northwind.example" not in tell(heard(captured(first=activity(1))))
    assert "Ana" not in tell(heard(captured()))


def test_a_score_is_told_in_lines() -> None:
    receipt = ScoreReceipt(
        agreement="a@1",
        at=NOON,
        fit=(Point(name="size", points=20, worth=20, sentence="company.employees is at least 100 — 120"),),
        engagement=(Point(name="form", points=30, worth=28, sentence="activity.type is form", at=NOON),),
        missing=("country",),
        score=48,
    )
    said = lines(receipt)
    assert said[0] == "+20 size: company.employees is at least 100 — 120"
    assert said[1].endswith("worth 28 now")
    assert "missing: country" in said
    assert said[-1] == "agreement a@1"


def test_an_assignment_in_lines_names_everyone_and_why_not() -> None:
    receipt = RouteReceipt(
        agreement="a@1",
        at=NOON,
        why="new",
        rules=(RuleTried(name="rest", matched=True, sentence="matches everything"),),
        candidates=(Candidate(person="rita"), Candidate(person="otto", why_not="40 of 40 leads open")),
    )
    assert lines(receipt)[:3] == ["✓ rest: matches everything", "rita: gets it", "otto: 40 of 40 leads open"]


def test_a_receipt_that_was_kept_reads_the_same() -> None:
    event = assigned(2)
    kept = receipt_bytes(event)
    assert kept is not None
    assert read_receipt(event.name(), kept) == event.receipt
    assert receipt_bytes(LeadErased()) is None


def test_a_scores_receipt_is_kept_packed() -> None:
    event = scored(2, 60)
    kept = receipt_bytes(event)
    assert kept is not None
    assert read_receipt(event.name(), kept) == event.receipt
    assert len(kept) < len(msgspec.json.encode(event.receipt))


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            LeadReEngaged(activity_type="demo_requested", told="ines@acme.example"),
            "It acts again (demo_requested); ines@acme.example was told",
        ),
        (
            LeadReEngaged(activity_type="demo_requested", told="", no_address="ines@acme.example"),
            "It acts again (demo_requested); "
            "ines@acme.example was not told: the roster has no address for them",
        ),
        (LeadReEngaged(activity_type="demo_requested", told=""), "It acts again (demo_requested)"),
        (
            DeadlineReminded(
                deadline=Deadline(name="accept", due_at=NOON, policy="standard"),
                owner="ines@acme.example",
                no_address="ines@acme.example",
            ),
            "accept is due 2026-11-02 12:00:00 UTC; "
            "ines@acme.example was not reminded: the roster has no address for them",
        ),
    ],
)
def test_only_who_was_told_is_said_to_have_been(event: Any, said: str) -> None:
    assert tell(heard(event)) == said


# ---- counts


def test_a_stage_counts_once_a_lead_and_a_clock_every_time() -> None:
    told = Journey()
    names: list[str] = []
    for event in (
        captured(),
        assigned(2, why="new"),
        assigned(3, why="reassigned"),
        scored(1, 20, mql=False),
    ):
        told, new = journey.fold(told, heard(event))
        names += new
    assert sorted(names) == ["assigned", "captured", "reassigned", "scored"]


def test_the_endpoint_shows_every_count() -> None:
    assert set(CountsOut.model_fields) == {*counting.NAMES, "capture_to_assigned_ms"}


def test_of_two_endings_the_stronger_one_stays() -> None:
    for order in ((LeadWon(by="x"), LeadErased()), (LeadErased(), LeadWon(by="x"))):
        told = Journey()
        for event in order:
            told, _ = journey.fold(told, heard(event))
        assert told.ending == "erased"


def test_what_is_remembered_does_not_depend_on_the_order_of_topics() -> None:
    ingest = [captured(), recorded(2), recorded(3)]
    scoring = [not_qualified(), scored(2, 40), scored(3, 70)]
    orders = [ingest + scoring, scoring + ingest, [*ingest[:1], *scoring[:2], *ingest[1:], *scoring[2:]]]
    seen = []
    for order in orders:
        lead = RecycledLead()
        for event in order:
            lead = remember(lead, heard(event), AGREEMENT, NOON)
        seen.append((lead.memory, lead.snapshot, lead.mql, lead.consent))
    assert seen[0] == seen[1] == seen[2]


def test_an_older_score_does_not_hide_a_newer_one() -> None:
    lead = RecycledLead()
    for event in (captured(), scored(3, 70), scored(2, 40, fast_seq=2)):
        lead = remember(lead, heard(event), AGREEMENT, NOON)
    assert (lead.memory.score, lead.memory.fast_seq) == (70, 2)


@pytest.mark.parametrize(
    ("more", "failed"), [({}, RITA.answers), ({"off_shift": True}, None), ({"outage": True}, None)]
)
def test_what_ran_out_off_shift_or_while_baton_was_down_is_nobodys_failure(
    more: dict[str, bool], failed: str | None
) -> None:
    late = DeadlineBreached(deadline=CLOCK, owner=RITA.answers, late_by_s=90, **more)
    assert remember(RecycledLead(), heard(late), AGREEMENT, NOON).failed == failed


def test_a_state_that_was_written_reads_the_same() -> None:
    lead = remember(RecycledLead(), heard(captured()), AGREEMENT, NOON)
    assert msgspec.json.decode(msgspec.json.encode(lead), type=RecycledLead) == lead
