"""A rep's no, and what follows: another rep, the end, or somebody who decides who is right."""

from typing import Literal

from msgspec.structs import replace

from services.routing.domain.choosing.assign import again, hand_on
from services.routing.domain.choosing.ledger import give_back, turn_taken
from services.routing.domain.choosing.place import queue_of
from services.routing.domain.clocks.of_lead import progressed
from services.routing.domain.model import Dispute, GivingUp, RoutedLead, with_chapter
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.steps import part
from shared.contracts.routing import LeadRejected
from shared.effects import CommandRefused, Decision, Say
from shared.terms import LeadId

REJECTED: str = "rejected it"
Ruling = Literal["marketing", "sales"]


def rejected(
    lead: RoutedLead, by: str, reason: str, note: str, duplicate_of: str | None, scene: Scene
) -> Routed:
    """The lead moves in the same transaction, and never back to who rejected it."""
    follows, turn = scene.agreement.reject[reason], turn_taken(lead)
    event = LeadRejected(
        by=by,
        reason=reason,
        what_follows=follows,
        note=note,
        duplicate_of=LeadId(duplicate_of) if duplicate_of else None,
    )
    without = replace(
        with_chapter(lead, scene.now, by, f"rejected it: {reason}", note),
        declined={**lead.declined, by: REJECTED},
    )
    said = Decision(without, (Say(event),))
    if follows in ("close", "reroute"):
        give_back(turn, lead, f"rejected: {reason}", scene)
    if follows == "close":
        return said.then(part.closed(without, by, reason, note, scene))
    if follows == "reroute":
        return said.then(again(without, "rerouted", scene, counts=True, by=by))
    note = f"{by} says it is {reason}; it waits for a ruling"
    place = queue_of(scene.team_of(lead).name, without, scene, note=note)
    counts = lead.custody.reassignments < scene.agreement.reassign_at_most
    open_case = Dispute(by=by, reason=reason, kind=follows, turn=turn)
    return said.then(hand_on(without, place, "disputed", scene, counts=counts, by=by, dispute=open_case))


def ruled(lead: RoutedLead, ruling: Ruling, by: str, note: str, scene: Scene) -> Routed:
    """The arbiter has ruled. Marketing is right: the rules route it. Sales is: it goes back to nurture."""
    if lead.dispute is None or not lead.holding:
        raise CommandRefused("wrong stage", "there is no open dispute about this lead")
    told = with_chapter(lead, scene.now, by, f"ruled for {ruling}", note)
    if ruling == "sales":
        give_back(lead.dispute.turn, lead, f"the arbiter ruled for sales: {lead.dispute.reason}", scene)
        return part.disqualified(told, by, GivingUp(part.NOT_PER_DEFINITION, note=note), scene)
    return again(progressed(told, scene), "rerouted", scene, by=by)
