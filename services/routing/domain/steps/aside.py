"""Where a lead goes that the agreement sets aside: it is somebody else's, and no MQL."""

from typing import Final

from msgspec.structs import replace

from services.routing.domain.choosing.assign import hand_on
from services.routing.domain.choosing.choose import by_rules, to_person
from services.routing.domain.choosing.members import in_team
from services.routing.domain.choosing.place import Course, Place
from services.routing.domain.model import GivingUp, RoutedLead
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.steps.part import SCORING, disqualified
from services.routing.domain.words import tell
from shared.contracts.scoring import LeadSetAside
from shared.contracts.values import RuleTried, Whose
from shared.effects import Decision, nothing

SET_ASIDE: Final = "set aside"


def whose_it_is(whose: Whose, lead: RoutedLead, scene: Scene) -> Place:
    """The person that the rule names, else its team, else the routing rules; with why not the ones before."""
    team = whose.team if whose.team in scene.agreement.teams else None
    found: Place | str = "it names no person"
    if whose.person is not None:
        found = to_person(whose.person, team or scene.team_of(lead).name, lead, scene)
    passed_over = f"; passed over: {found}" if isinstance(found, str) else ""
    tried = RuleTried(name=whose.rule, matched=True, sentence=f"it is set aside, and no MQL{passed_over}")
    if isinstance(found, Place):
        return replace(found, rules=(tried,), course=Course("whose", whose=whose))
    place = in_team(team, lead, scene) if team is not None else by_rules(lead, scene)
    return replace(place, rules=(tried, *place.rules), course=Course("whose", whose=whose))


def turned_out(lead: RoutedLead, event: LeadSetAside, scene: Scene) -> Routed:
    """Somebody else's, while routing has it: whoever works it goes on, and is told; else it goes there."""
    holder = lead.custody.holder
    if not lead.holding or holder is None:
        return nothing(lead)
    story = replace(
        lead.story,
        score=event.score,
        grade=event.grade,
        receipt=event.receipt,
        account=event.snapshot.account,
        fast_lane=False,
    )
    known, whose = replace(lead, snapshot=story), event.whose
    if not lead.waiting:
        return also_told(
            Decision(known, tell(holder.answers, SET_ASIDE, known, scene, _note(whose))), whose, scene
        )
    if whose.desk is not None:
        return disqualified(known, SCORING, GivingUp(SET_ASIDE), scene)
    return also_told(hand_on(known, whose_it_is(whose, known, scene), SET_ASIDE, scene), whose, scene)


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
