"""What turns out to be somebody else's is not nurtured: it goes to whoever the rule names."""

from typing import Any

import pytest
from msgspec.structs import replace

from services.recycle.domain.story import tell
from shared.agreement import load_text
from shared.baton import Holder
from shared.contracts.ingest import ConsentChanged
from shared.contracts.recycle import LeadRecycled, LeadReturned
from shared.contracts.scoring import LeadSetAside
from shared.contracts.values import RuleTried
from shared.terms import Consent
from shared.testing.leads import captured, heard, recorded
from tests.unit.recycle_lead import RECEIPT, RITA, TEXT, Told, assigned, given_up, not_qualified, scored

MARKETING = Holder("desk", "marketing", "maya@acme.example")


def set_aside(rule: str = "customer", **whose: Any) -> LeadSetAside:
    """Scoring says so of a lead that it has given away."""
    tried = RuleTried(name=rule, matched=True, sentence="account.relation is customer")
    return LeadSetAside(
        rule=rule,
        snapshot=not_qualified().snapshot,
        score=20,
        grade="D",
        mql=False,
        seq=1,
        receipt=replace(RECEIPT, set_aside=tried),
        **whose,
    )


def nurtured(text: str = TEXT, consent: Consent = Consent.GRANTED) -> Told:
    told = Told(agreement=load_text(text))
    told.hear(captured(consent=consent), not_qualified())
    assert told.where == ("holding", 2, "new")
    return told


def test_it_leaves_its_track_for_its_person_as_no_return_and_as_no_mql() -> None:
    told = nurtured()
    [said] = told.hear(set_aside(person="mark@acme.example", tell="olga@acme.example"))
    assert isinstance(said, LeadReturned)
    assert said.handover is not None
    assert (said.handover.kind, said.handover.number, said.round) == ("offer", 2, 0)
    assert said.whose is not None
    assert (said.whose.person, said.whose.tell) == ("mark@acme.example", "olga@acme.example")
    assert tell(heard(said)) == "It leaves nurture: set aside by the rule 'customer'"
    told.hear(assigned(3))
    assert told.errands()[-1] == ("stop", 2)


def test_what_a_desk_shall_hold_is_moved_there_and_its_tool_stops() -> None:
    told = nurtured()
    [said] = told.hear(set_aside("competitor", desk="marketing"))
    assert isinstance(said, LeadRecycled)
    assert said.owner == MARKETING
    assert said.handover is not None
    assert (said.handover.kind, said.handover.number) == ("move", 3)
    assert told.errands()[-1] == ("stop", 2)
    assert told.hear(recorded(2, "demo_requested")) == [], "nothing leaves a desk by a signal"


def test_once_it_is_nobody_elses_any_more_it_goes_on_to_its_track() -> None:
    told = nurtured()
    told.hear(set_aside("competitor", desk="marketing"))
    told.hear(scored(1, 20, mql=False))
    assert told.where == ("holding", 4, "new")


def test_once_it_is_nobody_elses_any_more_its_earliest_return_is_as_it_was() -> None:
    told = Told()
    told.hear(captured(), given_up("no-need"))
    told.delivered(2)
    before = told.timers()["return"].due_at
    told.hear(set_aside("competitor", desk="marketing"))
    assert told.timers() == {}
    told.hear(scored(1, 20, mql=False))
    assert told.timers()["return"].due_at == before


def test_who_may_not_be_called_waits_at_the_fallback_desk() -> None:
    told = nurtured(
        TEXT.replace("nurture_needs: granted, routing_needs: not_denied", "nurture_needs: not_denied"),
        Consent.UNKNOWN,
    )
    told.agreement = load_text(
        TEXT.replace(
            "nurture_needs: granted, routing_needs: not_denied",
            "nurture_needs: not_denied, routing_needs: granted",
        )
    )
    told.hear(set_aside(person="mark@acme.example"))
    assert told.where == ("holding", 3, "marketing")


@pytest.mark.parametrize("heard_first", [True, False])
def test_what_its_person_gives_up_is_held_by_a_desk_and_does_not_go_in_circles(heard_first: bool) -> None:
    told = Told()
    told.hear(captured(), *([set_aside(person=RITA.name)] if heard_first else []))
    told.hear(given_up("no-need"))
    if not heard_first:
        told.delivered(2)
        [said] = told.hear(set_aside(person=RITA.name))
        assert isinstance(said, LeadReturned)
        told.hear(assigned(4), given_up("no-need", number=4))
    assert (told.where[0], told.where[2]) == ("holding", "marketing")
    assert told.said(LeadRecycled)[-1].owner == MARKETING


def test_a_track_that_is_being_asked_answers_first() -> None:
    told = Told()
    told.hear(captured(), given_up("no-need"))
    assert told.hear(set_aside(person="mark@acme.example")) == []
    assert [type(said) for said in told.delivered(2)] == [LeadRecycled, LeadReturned]


def test_who_refuses_goes_to_the_privacy_desk_and_to_nobody_else() -> None:
    told = Told()
    told.hear(captured(), not_qualified(), ConsentChanged(consent=Consent.DENIED))
    assert told.hear(set_aside(person="mark@acme.example")) == []
    assert told.where[2] == "privacy"
