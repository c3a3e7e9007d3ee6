"""What refusing contact and allowing it again do to a lead that recycle has, or is given; by example."""

from datetime import UTC, date, datetime

import pytest

from shared.contracts.ingest import ConsentChanged
from shared.contracts.recycle import LeadRecycled, LeadReturned
from shared.contracts.routing import BY_CONSENT, LeadDisqualified
from shared.terms import Consent
from shared.testing.leads import captured
from tests.unit.recycle_lead import (
    PRIVACY,
    Told,
    asked,
    assigned,
    given_up,
    not_qualified,
    nurtured,
    offering,
    scored,
)

DENIED = ConsentChanged(consent=Consent.DENIED)


def test_refused_contact_moves_it_to_the_privacy_desk_and_the_tool_stops() -> None:
    told = nurtured()
    [said] = told.hear(DENIED)
    assert isinstance(said, LeadRecycled)
    assert said.handover is not None
    assert (said.handover.kind, said.handover.number, said.owner) == ("move", 3, PRIVACY)
    assert told.errands() == [("start", 2), ("stop", 2)]


def test_a_refusal_that_was_heard_before_moves_it_on_at_once_and_no_tool_hears_of_it() -> None:
    told = Told()
    said = told.hear(DENIED, captured(), not_qualified())
    assert [type(event) for event in said] == [LeadRecycled]
    assert told.where == ("holding", 3, "privacy")
    assert told.errands() == []


def test_while_a_track_is_asked_the_privacy_desk_takes_it_and_the_tool_forgets_it() -> None:
    told = asked()
    [said] = told.hear(DENIED)
    assert isinstance(said, LeadRecycled)
    assert said.handover is not None
    assert (said.handover.kind, said.owner) == ("take", PRIVACY)
    assert told.errands() == [("start", 2), ("take back", 2)]
    assert told.timers() == {}


def test_an_offer_of_who_refused_contact_goes_to_the_privacy_desk() -> None:
    told = Told()
    told.hear(captured(), DENIED, given_up())
    assert told.where == ("holding", 3, "privacy")
    assert told.errands() == []


def test_while_it_is_offered_to_routing_a_refusal_waits_for_the_answer() -> None:
    told = offering()
    assert told.hear(DENIED) == []
    told.hear(assigned(4))
    assert told.where[0] == "gone"
    told.hear(given_up("do-not-contact", number=4))
    assert told.where == ("holding", 5, "privacy")


def test_who_consents_again_is_nurtured_again() -> None:
    told = nurtured()
    told.hear(DENIED)
    [said] = told.hear(ConsentChanged(consent=Consent.GRANTED))
    assert isinstance(said, LeadRecycled)
    assert told.where == ("holding", 4, "new")
    assert told.errands()[-1] == ("start", 4)


@pytest.mark.parametrize("acknowledged", [False, True])
def test_who_consents_again_comes_back_on_the_date_that_was_agreed(acknowledged: bool) -> None:
    told = Told()
    told.hear(captured(), given_up("bad-timing", revisit_on=date(2027, 1, 15)))
    if acknowledged:
        told.delivered(2)
    told.hear(DENIED)
    assert (told.where[2], told.timers()) == ("privacy", {})
    [said] = told.hear(ConsentChanged(consent=Consent.GRANTED))
    assert isinstance(said, LeadRecycled)
    assert said.not_before == datetime(2027, 1, 15, tzinfo=UTC)
    assert told.told()["not_before"] == "2027-01-15T00:00:00+00:00"
    assert [type(event) for event in told.fire("return")] == [LeadReturned]


def test_who_consents_again_after_the_date_that_was_agreed_comes_back_at_once() -> None:
    told = Told()
    told.hear(captured(), given_up("bad-timing", revisit_on=date(2027, 1, 15)), DENIED)
    assert told.said(LeadRecycled)[-1].not_before is None, "no date brings it from a desk"
    told.later(days=100)
    said = told.hear(ConsentChanged(consent=Consent.GRANTED))
    assert [type(event) for event in said] == [LeadRecycled, LeadReturned]


def refused_contact(number: int = 2, rounds: int = 0) -> LeadDisqualified:
    """What routing says of a lead whose person refused contact while a rep had it."""
    return given_up("do-not-contact", by=BY_CONSENT, number=number, rounds=rounds)


def test_who_refused_contact_while_a_rep_had_the_lead_and_consents_again_is_nurtured_and_may_return() -> None:
    told = Told()
    told.hear(captured(), DENIED, refused_contact())
    assert told.where == ("holding", 3, "privacy")
    assert told.said(LeadRecycled)[-1].condition == "consent to nurture"
    [said] = told.hear(ConsentChanged(consent=Consent.GRANTED))
    assert isinstance(said, LeadRecycled)
    assert told.where == ("holding", 4, "new")
    assert told.told()["reason"] == said.reason == "contact was allowed again"
    assert said.receipt is not None
    assert said.receipt.why == "contact was allowed again; what kept it there has ceased"
    told.hear(scored(2, 82))
    assert told.where[0] == "offering"


def test_who_consents_again_before_recycle_hears_of_the_refusal_is_nurtured() -> None:
    told = Told()
    told.hear(captured(), DENIED, ConsentChanged(consent=Consent.GRANTED), refused_contact())
    told.delivered(2)
    assert told.where == ("holding", 3, "new")
    told.hear(scored(2, 82))
    assert told.where[0] == "offering"


def test_who_consents_again_after_the_last_round_goes_where_others_do_then() -> None:
    told = Told()
    told.hear(captured(), DENIED, refused_contact(rounds=2), ConsentChanged(consent=Consent.GRANTED))
    assert told.where == ("holding", 4, "last")


def test_what_was_given_up_by_somebody_who_had_refused_contact_goes_on_to_its_track_too() -> None:
    told = Told()
    told.hear(captured(), DENIED, given_up("no-need"))
    assert told.where == ("holding", 3, "privacy")
    told.hear(ConsentChanged(consent=Consent.GRANTED))
    assert told.where == ("holding", 4, "warm")


def test_a_rep_s_do_not_contact_is_not_undone_by_a_form() -> None:
    told = Told()
    told.hear(captured(), given_up("do-not-contact"))
    assert told.hear(ConsentChanged(consent=Consent.GRANTED)) == []
