"""Scoring over time, on both databases: accounts change, leads cool, outcomes add up, people are erased."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from services.scoring.domain.cooling import first_cold
from services.scoring.handlers import events as scoring_events
from services.scoring.handlers import scores
from services.scoring.store.receipts import read_contests
from services.scoring.tables import contests, receipts
from shared.agreement import load_text
from shared.contracts.ingest import AccountUpdated, LeadErased, LeadMerged, LeadUpdated
from shared.contracts.routing import LeadAccepted
from shared.contracts.scoring import LeadCooled, LeadNotQualified, LeadQualified, LeadScored, LeadSetAside
from shared.contracts.values import Company, Email
from shared.runtime.service import OneAgreement
from shared.testing.leads import NOON, activity, captured, lead_id, recorded
from tests.service.scoring_place import Place
from tests.unit.scoring_lead import AGREEMENT, QUEUE, TEXT, assigned

NORTHWIND = "northwind.example"
CUSTOMER = AccountUpdated(domain=NORTHWIND, relation="customer", manager="mark@acme.example")
ACCEPTED = LeadAccepted(by="rita@acme.example")


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Place]:
    made = Place(database_url)
    yield made
    await made.close()


# ---- accounts


async def test_what_the_crm_said_before_is_known_of_a_lead_that_comes(place: Place) -> None:
    await place.hear(CUSTOMER, key=NORTHWIND)
    [said] = await place.hear(captured())
    assert isinstance(said, LeadSetAside)
    assert (said.person, said.team) == ("mark@acme.example", "account-managers")
    assert said.snapshot.account is not None
    assert said.snapshot.account.match == "strong"


async def test_what_the_crm_says_later_is_heard_by_all_leads_of_the_company_once(place: Place) -> None:
    await place.hear(captured("ana"), name="ana")
    await place.hear(captured("bea"), name="bea")
    other = Email(address="cid@elsewhere.example", domain="elsewhere.example")
    await place.hear(captured("cid", email=other, company=Company()), name="cid")
    said = await place.hear(CUSTOMER, CUSTOMER, key=NORTHWIND)
    assert [(type(one), one.mql) for one in said] == [(LeadSetAside, False)] * 2  # type: ignore[attr-defined]
    assert (await place.lead("cid")).account is None


async def test_who_only_says_to_be_from_there_is_a_weak_match(place: Place) -> None:
    await place.hear(CUSTOMER, key=NORTHWIND)
    free = Email(address="ana@mail.example", domain="mail.example", free=True)
    await place.hear(captured(email=free))
    assert (await place.lead()).account.match == "weak"


async def test_a_lead_that_turns_out_to_be_from_there_is_found_by_its_account(place: Place) -> None:
    free = Email(address="ana@mail.example", domain="mail.example", free=True)
    await place.hear(CUSTOMER, key=NORTHWIND)
    await place.hear(captured(email=free, company=Company(employees=120, industry="software")))
    better = captured()
    [said] = await place.hear(LeadUpdated(person=better.person, email=better.email, company=better.company))
    assert isinstance(said, LeadSetAside)
    assert (said.handover, said.mql) == (None, False)


# ---- cooling


async def test_a_waiting_mql_cools_when_its_time_has_come_and_not_before(place: Place) -> None:
    await place.hear(captured(), assigned(QUEUE))
    due = await place.next_due()
    assert due is not None
    assert due == (await place.lead()).cools_at
    assert await place.at(due - timedelta(seconds=1)) == []
    [said] = await place.at(due)
    assert isinstance(said, LeadCooled)
    assert said.since == due


async def test_a_lead_in_good_hands_has_no_timer(place: Place) -> None:
    await place.hear(captured(), assigned())
    assert await place.next_due() is None


@pytest.mark.parametrize("line_max", [1, 2, 500])
async def test_another_version_moves_the_instants_at_which_leads_cool(
    place: Place, monkeypatch: pytest.MonkeyPatch, line_max: int
) -> None:
    monkeypatch.setattr(scoring_events, "LINE_MAX", line_max)
    names = ("ana", "bea", "cid")
    for name in names:
        await place.hear(captured(name), assigned(QUEUE), name=name)
    before = [(await place.lead(name)).cools_at for name in names]
    await _takes_over(place, "cools_below: 50")
    after = [await place.lead(name) for name in names]
    agreement = place.service.agreements.in_force(NOON)
    assert all(one.cools_at < earlier for one, earlier in zip(after, before, strict=True))
    assert [one.cools_at for one in after] == [first_cold(one, agreement, NOON) for one in after]
    assert len(await place.at(max(one.cools_at for one in after))) == len(names)


async def test_nothing_cools_any_more_by_a_version_that_lets_nothing_cool(place: Place) -> None:
    await place.hear(captured(), assigned(QUEUE))
    await _takes_over(place, "")
    assert (await place.lead()).cools_at is None
    assert await place.next_due() is None


async def _takes_over(place: Place, cools_below: str) -> None:
    text = TEXT.replace("version: 1", "version: 2").replace(
        f"cools_below: {AGREEMENT.cools_below}", cools_below
    )
    place.service.agreements = OneAgreement(load_text(text))
    await place.service.tx(place.service.on_agreement)
    await place.turn()


# ---- receipts and outcomes


async def test_every_score_that_is_said_has_its_receipt_and_is_the_same_when_it_is_replayed(
    place: Place,
) -> None:
    said = await place.hear(
        captured(first=activity(1, "page_viewed")), recorded(2), recorded(3, "form_submitted")
    )
    assert [type(one) for one in said] == [LeadNotQualified, LeadQualified, LeadScored]
    for number, one in enumerate(said, 1):
        name = scores.receipt_name(lead_id(), number)
        kept = await place.read(lambda tx, name=name: scores.receipt(tx, name))  # type: ignore[misc]  # bound early
        assert (kept.receipt.number, kept.receipt.score) == (one.receipt.number, one.receipt.score)  # type: ignore[attr-defined]
        assert await place.read(lambda tx, name=name: scores.replay(tx, name, {})) == []  # type: ignore[misc]  # bound early


async def test_outcomes_of_several_leads_add_up(place: Place) -> None:
    for name in ("ana", "bea"):
        await place.hear(captured(name), assigned(), ACCEPTED, ACCEPTED, name=name)
    rows, _ = await place.read(scores.calibration)
    assert {row.value: dict(row.outcomes) for row in rows if row.by == "band"} == {"50-59": {"accepted": 2}}


async def test_what_a_merged_lead_did_goes_on_with_the_one_that_survives_however_often_it_was_merged(
    place: Place,
) -> None:
    for name in ("ana", "bea", "cid"):
        await place.hear(captured(name, first=activity(1, "page_viewed")), name=name)
    await place.hear(LeadMerged(survivor=lead_id("cid")), name="bea")
    await place.hear(LeadMerged(survivor=lead_id("bea")), name="ana")
    survivor = await place.lead("cid")
    assert len(survivor.deeds) == 3
    assert survivor.mql
    name = scores.receipt_name(lead_id("cid"), survivor.receipts)
    assert await place.read(lambda tx: scores.replay(tx, name, {})) == []


async def test_an_erased_lead_leaves_no_receipt_and_no_contest(place: Place) -> None:
    await place.hear(captured())
    name = scores.receipt_name(lead_id(), 1)
    await place.service.tx(lambda tx: scores.contest_line(tx, name, "size", "rita@acme.example", "no"))
    assert len(await place.read(read_contests)) == 1
    await place.hear(LeadErased())
    for table in (receipts, contests):
        count = select(func.count()).select_from(table)
        assert await place.read(lambda tx, count=count: tx.conn.execute(count).scalar_one()) == 0  # type: ignore[misc]  # bound early
