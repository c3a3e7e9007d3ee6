"""Leads that went the wrong way are routed again, by the rules of now; who had one is not blamed."""

from services.routing.domain.choosing.assign import hand_on
from services.routing.domain.choosing.choose import anew
from services.routing.domain.choosing.ledger import give_back, turn_taken
from services.routing.domain.choosing.place import Place, with_note
from services.routing.domain.clocks.of_lead import progressed
from services.routing.domain.model import RoutedLead
from services.routing.domain.scene import Routed, Scene
from shared.effects import nothing


def held_back(lead: RoutedLead, *, accepted: bool) -> str:
    """Why a lead is not routed again, in words; empty, if it can be. `accepted`: also what a rep accepted."""
    if not lead.holding:
        return "routing does not hold it, or it is on offer to nurture"
    if lead.dispute is not None:
        return "it waits for a ruling"
    if lead.handoff is not None:
        return f"it is offered to {lead.handoff.to}"
    if lead.position is not None:
        return "it waits for its release"
    return "its rep has accepted it" if lead.accepted and not accepted else ""


def rerouted(lead: RoutedLead, because: str, by: str, scene: Scene) -> Routed:
    """To where the rules send it now. It stays, if it is there, and with somebody who could have had it."""
    if _stays(lead, anew(lead, scene)):
        return nothing(lead)
    # The turn did not count; it is given back first, so that the choice sees what everybody is owed.
    give_back(turn_taken(lead), lead, f"rerouted: {because}", scene)
    place = with_note(anew(lead, scene), f"rerouted because {because}")
    return hand_on(progressed(lead, scene), place, "rerouted", scene, by=by)


def _stays(lead: RoutedLead, place: Place) -> bool:
    holder = lead.custody.holder
    assert holder is not None, "routing holds it"
    if (holder.kind, holder.name) == (place.holder.kind, place.holder.name):
        return True
    if holder.kind != "rep" or place.team != lead.team or (place.kind == "named" and not place.waiting):
        return False
    # Whose turn it would be now is no reason to move a lead within its team.
    could_not = place.claim.passed.get(holder.name, "at cap")
    return could_not == "at cap" and any(one.person == holder.name for one in place.candidates)
