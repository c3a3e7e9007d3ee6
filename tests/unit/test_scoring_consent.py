"""Whoever refused contact is no MQL, whatever they do; each change of consent is scored once."""

import pytest

from services.scoring.domain.replay import differences, replayed
from shared.contracts.ingest import ConsentChanged
from shared.contracts.scoring import LeadNotQualified, LeadQualified, LeadScored, ScoringEvent
from shared.contracts.values import Account
from shared.terms import Consent, Stage
from shared.testing.leads import activity, captured, recorded
from tests.unit.scoring_lead import AGREEMENT, QUEUE, Told, assigned

REFUSED = ("consent is denied: whoever refused contact is no MQL",)
DENIED, GRANTED = (ConsentChanged(consent=consent) for consent in (Consent.DENIED, Consent.GRANTED))
DEMO = activity(1, "demo_requested")
VISIT = activity(1, "page_viewed")


@pytest.mark.parametrize("first", [activity(1), DEMO], ids=["by its score", "by its fast lane"])
def test_who_has_refused_contact_is_captured_as_no_mql(first: object) -> None:
    told = Told()
    [said] = told.hear(captured(first=first, consent=Consent.DENIED))
    assert isinstance(said, LeadNotQualified)
    assert (said.mql, said.missing) == (False, REFUSED)
    assert (said.snapshot.stage, said.snapshot.fast_lane) == (Stage.INQUIRY, False)


def test_no_deed_of_who_has_refused_contact_makes_an_mql() -> None:
    told = Told()
    told.hear(captured(first=VISIT, consent=Consent.DENIED))
    [said] = told.hear(recorded(2, "demo_requested"))
    assert isinstance(said, LeadScored)
    assert (said.mql, said.receipt.missing) == (False, REFUSED)


@pytest.mark.parametrize("first", [activity(1), DEMO], ids=["by its score", "by its fast lane"])
def test_an_mql_that_refuses_is_none_and_that_agrees_again_is_one(first: object) -> None:
    told = Told()
    told.hear(captured(first=first), assigned())
    [refused] = told.hear(DENIED, DENIED)
    assert isinstance(refused, LeadScored), "it has not cooled: its score is as it was"
    assert (refused.mql, refused.receipt.missing, told.lead.mql) == (False, REFUSED, False)
    [agreed] = told.hear(GRANTED, GRANTED)
    assert isinstance(agreed, LeadQualified)
    assert (agreed.handover, agreed.mql, told.lead.mql) == (None, True, True)


def test_who_is_no_mql_has_the_refusal_in_a_receipt_as_well() -> None:
    told = Told()
    told.hear(captured(first=VISIT))
    lacking = told.receipt.missing
    [refused, agreed] = told.hear(DENIED, GRANTED)
    assert isinstance(refused, ScoringEvent)
    assert isinstance(agreed, LeadScored)
    assert (refused.receipt.missing, agreed.receipt.missing) == (REFUSED, lacking)


def test_who_refused_does_not_cool() -> None:
    told = Told()
    told.hear(captured(), assigned(QUEUE))
    assert "cool" in told.timers
    told.hear(DENIED)
    assert told.timers == {}


def test_a_refusal_comes_before_whose_lead_it_is_in_its_receipt_too() -> None:
    told = Told(account=Account(domain="northwind.example", relation="customer"))
    told.hear(captured(consent=Consent.DENIED))
    assert told.receipt.set_aside is not None
    assert told.receipt.missing == REFUSED


def test_before_and_after_a_refusal_a_replay_gives_the_same() -> None:
    told = Told()
    told.hear(captured(), DENIED, recorded(2), GRANTED)
    assert len(told.kept) == 4
    for kept in told.kept:
        assert differences(kept.receipt, replayed(kept, told.lead, AGREEMENT)) == []
