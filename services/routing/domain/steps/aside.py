"""Where a lead goes that the agreement sets aside: it is somebody else's, and no MQL."""

from msgspec.structs import replace

from services.routing.domain.choosing.assign import hand_on
from services.routing.domain.choosing.choose import whose_it_is
from services.routing.domain.model import GivingUp, RoutedLead, story_in, with_newest
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.steps.heap import at_its_pace
from services.routing.domain.steps.part import SCORING, disqualified
from services.routing.domain.words import SET_ASIDE, tell
from shared.contracts.routing import Why
from shared.contracts.scoring import LeadSetAside
from shared.contracts.values import Whose
from shared.effects import Decision, nothing
from shared.terms import Consent


def turned_out(lead: RoutedLead, event: LeadSetAside, scene: Scene) -> Routed:
    """Somebody else's, while routing has it: whoever works it goes on, and is told; else it goes there."""
    holder, whose = lead.custody.holder, event.whose
    if not lead.holding or holder is None:
        return _told_elsewhere(lead, event, scene)
    story = replace(
        lead.story,
        score=event.score,
        grade=event.grade,
        receipt=event.receipt,
        account=event.snapshot.account,
        fast_lane=False,
    )
    # Whoever works it goes on; if they do not, it goes to whose it is.
    known = replace(lead, snapshot=story, whose=whose if whose.desk is None else None)
    if not lead.waiting:
        return also_told(
            Decision(known, tell(holder.answers, SET_ASIDE, known, scene, _note(whose))), whose, scene
        )
    if whose.desk is not None:
        return also_told(disqualified(known, SCORING, GivingUp(SET_ASIDE), scene), whose, scene)
    place = whose_it_is(whose, known, scene)
    if lead.position is not None:  # It is still one of a heap.
        place = at_its_pace(place, known, scene)
    because: Why = "paced" if place.paced else SET_ASIDE
    return also_told(hand_on(known, place, because, scene), whose, scene)


def _told_elsewhere(lead: RoutedLead, event: LeadSetAside, scene: Scene) -> Routed:
    """A desk has it, or will: whom the rule tells hears of it now. What is to come here is told then."""
    consent = lead.consent or event.snapshot.consent
    at_desk = event.desk is not None or not scene.agreement.may_route(consent.value)
    if not at_desk or consent is Consent.DENIED:
        return nothing(lead)
    shown = replace(lead, snapshot=with_newest(lead, story_in(event)))
    return Decision(lead, also_told(nothing(shown), event.whose, scene).effects)


def also_told(decision: Routed, whose: Whose, scene: Scene) -> Routed:
    """Whom the rule tells hears of it too."""
    if whose.tell is None:
        return decision
    told = tell(whose.tell, SET_ASIDE, decision.state, scene, _note(whose))
    return decision.then(Decision(decision.state, told))


def _note(whose: Whose) -> str:
    """Why, and whose it is, for whoever reads the message."""
    to = whose.person or whose.team or whose.desk
    return f"set aside by the rule '{whose.rule}'" + (f"; it belongs to {to}" if to is not None else "")
