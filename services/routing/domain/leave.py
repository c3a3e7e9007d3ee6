"""A rep leaves: everything in their hands goes on in the same transaction."""

from msgspec.structs import replace

from services.routing.domain import handoff
from services.routing.domain.assign import hand_on
from services.routing.domain.choose import anew
from services.routing.domain.model import RoutedLead
from services.routing.domain.scene import Routed, Scene
from shared import baton
from shared.baton import Holder
from shared.effects import nothing

HAS_LEFT = "has left"


def left(lead: RoutedLead, person: str, deputy: str, scene: Scene) -> Routed:
    """One lead of theirs: held, offered to nurture, or offered to them. `deputy` answers for open offers."""
    holder = lead.custody.holder
    if holder is None or not lead.custody.ours:
        return nothing(lead)
    if lead.handoff is not None and lead.handoff.to == person and holder.answers != person:
        return handoff.refused(lead, person, HAS_LEFT, scene)
    if holder.answers != person:
        return nothing(lead)
    if not lead.holding:
        custody = baton.answer_for_leaver(lead.custody, Holder("rep", deputy, deputy))
        return nothing(replace(lead, custody=custody))
    return hand_on(lead, anew(lead, scene), "left", scene, by=person)
