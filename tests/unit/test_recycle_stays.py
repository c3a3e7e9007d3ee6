"""What a stay remembers across refusals, repairs and new versions of the agreement: nobody stays for ever."""

import pytest

from shared.agreement import load_text
from shared.baton import Holder
from shared.contracts.ingest import ConsentChanged, LeadUpdated
from shared.contracts.recycle import LeadReturned
from shared.contracts.routing import LeadAbsorbed
from shared.contracts.values import Person
from shared.terms import Consent, Stage
from shared.testing.leads import captured, lead_id
from tests.unit.recycle_lead import NEW, RITA, TEXT, Told, assigned, given_up

DENIED, GRANTED = (ConsentChanged(consent=consent) for consent in (Consent.DENIED, Consent.GRANTED))
REPAIRED = LeadUpdated(person=Person(name="Ana Silva", phone="+351912345678"))

WITHOUT_WARM = load_text(TEXT.replace("warm", "cosy").replace("version: 3", "version: 4"))


def refused_twice(reason: str = "no-need") -> Told:
    """A lead that its track did not acknowledge, for the second time in a row: a desk has it."""
    told = Told()
    told.hear(captured(), given_up(reason))
    told.fire("acknowledge")
    told.hear(assigned(3), given_up(reason, number=3))
    told.fire("acknowledge")
    assert told.where == ("holding", 4, "marketing")
    return told


def test_what_is_put_right_before_the_track_has_acknowledged_comes_back_when_it_does() -> None:
    told = Told()
    told.hear(captured(), given_up("bad-data"), REPAIRED)
    [_, returned] = told.delivered(2)
    assert isinstance(returned, LeadReturned)
    assert returned.signal == "its facts were put right"


def test_what_was_put_right_before_it_was_given_up_does_not() -> None:
    told = Told()
    told.hear(captured(), REPAIRED, given_up("bad-data"))
    told.delivered(2)
    assert told.where == ("holding", 3, "warm")


def test_what_is_put_right_while_its_person_refuses_contact_comes_back_once_they_allow_it() -> None:
    told = Told()
    told.hear(captured(), given_up("bad-data"), REPAIRED, DENIED)
    assert told.where == ("holding", 3, "privacy")
    assert [type(event) for event in told.hear(GRANTED)][-1] is LeadReturned


def test_who_refuses_contact_while_a_desk_has_what_no_track_took_is_nurtured_once_they_allow_it() -> None:
    told = refused_twice()
    told.hear(DENIED)
    assert told.where == ("holding", 5, "privacy")
    told.hear(GRANTED)
    assert told.where == ("holding", 6, "warm")


def test_what_a_reason_gives_to_a_desk_stays_at_one() -> None:
    told = Told()
    told.hear(captured(), given_up("do-not-contact"), DENIED, GRANTED)
    assert told.where == ("holding", 3, "privacy")


@pytest.mark.parametrize("dropped", [True, False])
def test_who_allows_contact_again_goes_to_the_first_track_if_theirs_is_gone(dropped: bool) -> None:
    told = Told()
    told.hear(captured(), DENIED, given_up("no-need"))
    if dropped:
        told.agreement = WITHOUT_WARM
    told.hear(GRANTED)
    assert told.where == ("holding", 4, "new" if dropped else "warm")


def test_what_is_acknowledged_for_a_track_that_is_gone_is_on_the_first_one() -> None:
    told = Told()
    told.hear(captured(), given_up("no-need"))
    told.agreement = WITHOUT_WARM
    told.delivered(2)
    assert told.where == ("holding", 3, "new"), "else no version could drop what holds it"
    assert told.timers().keys() == {"return"}


@pytest.mark.parametrize("reason", ["no-fit", "parked-for-good"])
@pytest.mark.parametrize("holder", [RITA, NEW])
def test_what_sales_works_as_another_lead_leaves_also_what_returns_nothing(
    reason: str, holder: Holder
) -> None:
    told = Told()
    told.hear(captured(), given_up(reason))
    if told.where[0] == "asked":
        told.delivered(2)
    said = told.hear(LeadAbsorbed(absorbed=lead_id("bea"), stage=Stage.SAL, holder=holder, number=2))
    assert [type(event) for event in said] == ([LeadReturned] if holder is RITA else [])
