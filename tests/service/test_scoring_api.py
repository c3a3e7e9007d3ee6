"""Scoring over HTTP: a score in words, replayed, and whether scores are right."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, update

from services.scoring import metrics
from services.scoring.domain.drift import Share, day_of
from services.scoring.store.mix import add_mix
from services.scoring.tables import messaging, receipts
from shared.agreement.versions import read_versions
from shared.contracts.ingest import LeadErased
from shared.contracts.routing import LeadAccepted
from shared.contracts.values import Company, Email
from shared.runtime.shelf import Shelf
from shared.runtime.takeover import look_once, plan
from shared.runtime.tx import Tx
from shared.runtime.versions import Versions
from shared.terms import Role
from shared.testing.leads import NOON, activity, captured, lead_id, recorded
from tests.service.calling import Client
from tests.service.scoring_client import calling_scoring
from tests.service.scoring_place import Place
from tests.unit.scoring_lead import RITA, TEXT, assigned

LEAD = lead_id()
RECEIPT = f"{LEAD}.1"


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Place]:
    made = Place(database_url)
    yield made
    await made.close()


@pytest.fixture
async def client(place: Place, tmp_path: Path) -> AsyncIterator[Client]:
    async with calling_scoring(place, tmp_path) as client:
        yield client


async def test_a_score_is_told_in_words(place: Place, client: Client) -> None:
    await place.hear(captured(first=activity(1, "page_viewed")))
    told = (await client.get(f"/v1/leads/{LEAD}/score")).json()
    assert (told["receipt"], told["score"], told["grade"], told["mql"]) == (RECEIPT, 47, "A", False)
    assert (told["segment"], told["market"]) == ("small", "small")
    assert told["total"] == "fit 95 (grade A) × 0.4 + engagement 15 × 0.6 = 47"
    assert told["lines"][-1] == "+15 visit: activity.type is page_viewed (page_viewed just now)"
    assert told["missing"] == [
        "3 points: the score is 47, an MQL has 50;"
        " one 'visit' or one 'form', or one 'asked for a demo' (fast lane) would do"
    ]


async def test_a_segment_that_nobody_knows_says_what_is_unknown(place: Place, client: Client) -> None:
    await place.hear(captured(company=Company(name="Northwind")))
    told = (await client.get(f"/v1/leads/{LEAD}/score")).json()
    assert (told["segment"], told["market"]) == (None, "unknown, because company.employees is unknown")


async def test_an_earlier_receipt_stays_readable(place: Place, client: Client) -> None:
    await place.hear(captured(first=activity(1, "page_viewed")))
    newest = (await client.get(f"/v1/leads/{LEAD}/score")).json()
    told = (await client.get(f"/v1/scores/{RECEIPT}")).json()
    assert {name: newest[name] for name in told} == told


async def test_a_total_says_the_weights_of_its_own_version_as_long_as_that_is_here(
    place: Place, client: Client, tmp_path: Path
) -> None:
    first, second = tmp_path / "1.yaml", tmp_path / "2.yaml"
    first.write_text(TEXT)
    halves = TEXT.replace("fit: 0.4, engagement: 0.6", "fit: 0.5, engagement: 0.5")
    dated = halves.replace("2026-01-01T00", "2026-11-02T13").replace("version: 1", "version: 2")
    second.write_text(dated)

    async def totals(*files: Path) -> set[str]:
        shelf = Shelf([version for file in files for version in read_versions(file)])
        place.service.agreements = Versions(shelf, messaging.agreements)
        await plan(place.service, shelf.versions)
        for passed in range(10):
            place.clock.at = NOON + timedelta(hours=1, seconds=passed)
            await look_once(place.service)
        answers = [await client.get(at) for at in (f"/v1/leads/{LEAD}/score", f"/v1/scores/{RECEIPT}")]
        return {answer.json()["total"] for answer in answers}

    await place.hear(captured())
    assert await totals(first, second) == {"fit 95 (grade A) × 0.4 + engagement 30 × 0.6 = 56"}
    assert await totals(second) == {"fit 95 (grade A) and engagement 30 make a score of 56"}


async def test_who_is_unknown_or_gone_is_told_so(place: Place, client: Client) -> None:
    assert (await client.get(f"/v1/leads/{LEAD}/score")).status_code == 404
    await place.hear(captured(), LeadErased())
    assert (await client.get(f"/v1/leads/{LEAD}/score")).status_code == 410
    assert (await client.get(f"/v1/scores/{RECEIPT}")).status_code == 404


@pytest.mark.parametrize("name", ["x", "x.y", "x.0000000000001", f"{LEAD}.2"])
async def test_what_is_no_receipt_is_not_found(place: Place, client: Client, name: str) -> None:
    await place.hear(captured())
    assert (await client.get(f"/v1/scores/{name}")).status_code == 404


async def test_a_replay_says_that_it_is_the_same(place: Place, client: Client) -> None:
    await place.hear(captured())
    told = (await client.get(f"/v1/scores/{RECEIPT}/replay")).json()
    assert told == {"receipt": RECEIPT, "same": True, "differs": []}


@pytest.mark.parametrize("number", [1, 2])
async def test_a_fast_lane_that_was_altered_where_it_is_kept_is_noticed(
    place: Place, client: Client, number: int
) -> None:
    def altered(tx: Tx) -> None:
        this = (receipts.c.lead_id == LEAD) & (receipts.c.number == number)
        kept: bytes = tx.conn.execute(select(receipts.c.kept).where(this)).scalar_one()
        other = kept.replace(b"asked for a demo", b"asked for a damo")
        tx.conn.execute(update(receipts).where(this).values(kept=other))

    await place.hear(captured(first=activity(1, "demo_requested")), recorded(2))
    assert (await client.get(f"/v1/scores/{LEAD}.{number}/replay")).json()["same"]
    await place.service.tx(altered)
    told = (await client.get(f"/v1/scores/{LEAD}.{number}/replay")).json()
    assert told["differs"] == ["the fast lane was asked for a damo; it is asked for a demo"]


async def test_what_became_of_leads_is_shown_and_measured(place: Place, client: Client) -> None:
    labels = {"band": "50-59", "outcome": "accepted"}
    before = REGISTRY.get_sample_value("baton_scoring_outcomes_total", labels) or 0.0
    await place.hear(captured(), assigned(), LeadAccepted(by=RITA.answers))
    told = (await client.get("/v1/scores/calibration", agreement="scored@1")).json()
    rows = {(row["by"], row["value"]): row for row in told["rows"]}
    assert rows["band", "50-59"]["accepted"] == 1.0
    assert rows["rule", "size"]["outcomes"] == {"accepted": 1}
    assert told["alarms"] == []
    assert REGISTRY.get_sample_value("baton_scoring_outcomes_total", labels) == before + 1
    await place.read(metrics.sample)
    assert REGISTRY.get_sample_value("baton_scoring_inversions") == 0


async def test_a_mix_of_scores_that_drifts_is_shown_and_measured(place: Place, client: Client) -> None:
    day = day_of(NOON)
    usual = {Share(day - 10, "scored@1", "grade", "A"): 500, Share(day - 10, "scored@1", "grade", "D"): 500}
    await place.service.tx(
        lambda tx: add_mix(
            tx, {**usual, Share(day, "scored@1", "grade", "A"): 190, Share(day, "scored@1", "grade", "D"): 10}
        )
    )
    told = (await client.get("/v1/scores/calibration")).json()
    [drift] = told["drift"]
    assert (drift["by"], drift["now"], drift["before"]) == (
        "grade",
        {"A": 190, "D": 10},
        {"A": 500, "D": 500},
    )
    assert told["alarms"] == [
        "the mix of first scores by grade has drifted (index 1.30): D has 5% of this week's leads,"
        " and had 50% of those of the four weeks before"
    ]
    await place.read(metrics.sample)
    assert REGISTRY.get_sample_value("baton_scoring_drift", {"by": "grade"}) == pytest.approx(1.30, abs=0.01)
    assert REGISTRY.get_sample_value("baton_scoring_drift", {"by": "band"}) == 0


async def test_a_company_is_covered_once_by_its_leads_and_who_writes_from_a_free_mailbox_covers_none(
    place: Place, client: Client
) -> None:
    async def covered() -> int:
        found = (await client.get("/v1/market/coverage")).json()
        assert (found["agreement"], found["accounts"], found["share"]) == ("scored@1", None, None)
        return int(found["companies"])

    assert await covered() == 0
    await place.hear(captured("ana"), name="ana")
    await place.hear(captured("ben"), name="ben")
    free = Email(address="cyn@gmail.com", domain="gmail.com", free=True)
    await place.hear(captured("cyn", email=free, company=Company()), name="cyn")
    assert await covered() == 1
    for lead in ("ana", "ben"):
        await place.hear(LeadErased(), name=lead)
    assert await covered() == 0
    assert (await client.get("/v1/market/coverage", Role.SOURCE)).status_code == 403


async def test_a_text_that_the_database_can_not_keep_is_not_understood(place: Place, client: Client) -> None:
    await place.hear(captured())
    contest = await client.post(f"/v1/scores/{RECEIPT}/contest", {"line": 1, "reason": "a\0b"})
    assert (contest.status_code, contest.json()["field"]) == (422, "body")
    for path in ("scores/%00.1", "scores/%00.1/replay", "leads/%00/score"):
        answer = await client.get(f"/v1/{path}")
        assert (answer.status_code, "NUL" in answer.json()["detail"]) == (422, True)
