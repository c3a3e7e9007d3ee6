"""A rep leaves, or is away: what is in their hands goes on in the same transaction."""

from msgspec.structs import replace

from services.routing.domain.choosing.assign import announced, hand_on
from services.routing.domain.choosing.choose import covered
from services.routing.domain.model import RoutedLead
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.steps import handoff
from shared import baton
from shared.baton import Holder
from shared.contracts.routing import Why
from shared.effects import nothing

HAS_LEFT = "has left"
IS_ABSENT = "is absent"


def left(lead: RoutedLead, person: str, scene: Scene) -> Routed:
    """One lead of theirs: held, offered to nurture, or offered to them.

    What they hold goes to their cover, if the roster names one, else by the rules. What is on offer to
    nurture is answered for by their cover, else by a deputy of its team. A queue for which they answer
    gives nothing away by that.
    """
    holder = lead.custody.holder
    if holder is None or not lead.custody.ours:
        return nothing(lead)
    if lead.handoff is not None and lead.handoff.to == person and holder.answers != person:
        return handoff.asked_instead(lead, HAS_LEFT, scene)
    if holder.answers != person:
        return nothing(lead)
    if not lead.holding:
        deputy = scene.cover_of(person) or scene.first_available(scene.team_of(lead).deputy)
        custody = baton.answer_for_leaver(lead.custody, Holder("rep", deputy, deputy))
        return nothing(replace(lead, custody=custody))
    if holder.kind == "queue":
        return _answered_for(lead, person, "left", scene)
    return hand_on(lead, covered(person, lead, scene), "left", scene, by=person)


def away(lead: RoutedLead, person: str, scene: Scene) -> Routed:
    """One lead of somebody whose absence begins: what their cover takes over, or what they are asked for.

    Open offers to nurture stay, and so does what an executive is asked for: nothing is asked of the SDR.
    """
    holder = lead.custody.holder
    if holder is None or not lead.holding or scene.availability(person).away_until is None:
        return nothing(lead)
    if lead.handoff is not None:
        return handoff.asked_instead(lead, IS_ABSENT, scene) if lead.handoff.to == person else nothing(lead)
    if holder.answers != person or not scene.passes_on(person):
        return nothing(lead)
    if holder.kind == "queue":
        # What is disputed is the arbiter's to decide: nothing is asked of who answers for the queue.
        return _answered_for(lead, person, "covered", scene) if lead.dispute is None else nothing(lead)
    return hand_on(lead, covered(person, lead, scene), "covered", scene, by=person)


def _answered_for(lead: RoutedLead, person: str, why: Why, scene: Scene) -> Routed:
    """It stays in the queue, with its clock; whoever stands in for a deputy answers for it from now on."""
    team = scene.team_of(lead)
    other = scene.or_stand_in(person, team, besides=lead.declined)
    if other == person:
        return nothing(lead)
    custody, handover = baton.hand_on(lead.custody, Holder("queue", team.name, other))
    return announced(replace(lead, custody=custody, why=why), handover, why, scene, by=person)
