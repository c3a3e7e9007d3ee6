"""Two leads become one, as routing sees it."""

from msgspec.structs import replace

from services.routing.domain.choosing.assign import hand_on
from services.routing.domain.choosing.choose import to_person
from services.routing.domain.choosing.ledger import give_back
from services.routing.domain.choosing.place import Place, with_note
from services.routing.domain.model import RoutedLead, buried
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.words import tell
from shared import baton
from shared.contracts.envelope import Heard
from shared.contracts.ingest import LeadMerged
from shared.contracts.routing import LeadAbsorbed
from shared.effects import Decision, Say, nothing


def merged(lead: RoutedLead, heard: Heard[LeadMerged], scene: Scene) -> Routed:
    """It goes on as another lead: whoever has it is told, and the survivor hears who that was."""
    parted = baton.absorb(lead.custody)
    if parted is None:
        return nothing(lead)
    ended, remains = parted
    if lead.dispute is not None and lead.dispute.kind == "merge":
        give_back(lead.dispute.turn, lead, f"it was one with {heard.event.survivor}", scene)
    if remains is None:
        return nothing(buried(ended))
    number, holder = remains
    said = LeadAbsorbed(absorbed=heard.lead, stage=lead.stage, holder=holder, number=number)
    told = tell(holder.answers, "merged", lead, scene, f"it goes on as {heard.event.survivor}")
    return Decision(buried(ended), (Say(said, key=heard.event.survivor), *told))


def absorbed(lead: RoutedLead, heard: Heard[LeadAbsorbed], scene: Scene) -> Routed:
    """Another lead goes on as this one: its rep may have it, where nobody works it yet."""
    holder, had_it = lead.custody.holder, heard.event.holder
    if not lead.holding or holder is None:
        return nothing(lead)
    lead = replace(lead, custody=baton.knows_of(lead.custody, heard.event.absorbed))
    if holder.kind == "queue" and lead.waiting and had_it.kind == "rep":
        place = to_person(had_it.name, scene.team_of(lead).name, lead, scene)
        if isinstance(place, Place):
            note = f"{had_it.name} had {heard.event.absorbed}, which is one with it"
            return hand_on(lead, with_note(place, note), "released", scene)
    return Decision(
        lead, tell(holder.answers, "merged", lead, scene, f"{heard.event.absorbed} is one with it")
    )
