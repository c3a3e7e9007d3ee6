"""Two leads become one, as routing sees it."""

from msgspec.structs import replace

from services.routing.domain.choosing.assign import hand_on
from services.routing.domain.choosing.choose import to_person
from services.routing.domain.choosing.ledger import give_back, turn_asked
from services.routing.domain.choosing.place import Place, with_note
from services.routing.domain.clocks.of_lead import meets
from services.routing.domain.model import Meeting, RoutedLead, buried
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.steps.act import said_yes
from services.routing.domain.words import tell
from shared import baton
from shared.baton import Holder
from shared.contracts.envelope import Heard
from shared.contracts.ingest import LeadMerged
from shared.contracts.routing import LeadAbsorbed
from shared.effects import Decision, Say, nothing
from shared.terms import LeadId, Stage


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
    said, asked = _what_became(lead, heard.lead, *remains), lead.handoff
    concerned, note = {remains[1].answers}, f"it goes on as {heard.event.survivor}"
    if asked is not None:
        concerned.add(asked.to)
        give_back(turn_asked(asked), lead, note, scene)
    told = [errand for person in sorted(concerned) for errand in tell(person, "merged", lead, scene, note)]
    return Decision(buried(ended), (Say(said, key=heard.event.survivor), *told))


def _what_became(lead: RoutedLead, absorbed: LeadId, number: int, holder: Holder) -> LeadAbsorbed:
    ahead = lead.meeting if meets(lead) else None
    return LeadAbsorbed(
        absorbed=absorbed,
        stage=lead.stage,
        holder=holder,
        number=number,
        team=lead.team,
        accepted=lead.accepted,
        meets_at=ahead.starts_at if ahead is not None else None,
        attendee=ahead.attendee if ahead is not None else None,
    )


def absorbed(lead: RoutedLead, heard: Heard[LeadAbsorbed], scene: Scene) -> Routed:
    """Another lead goes on as this one: its rep may have it, where nobody works it yet."""
    event: LeadAbsorbed = heard.event
    holder = lead.custody.holder
    if not lead.holding or holder is None:
        return nothing(lead)
    lead = replace(lead, custody=baton.knows_of(lead.custody, event.absorbed))
    if holder.kind == "queue" and lead.waiting and event.holder.kind == "rep":
        goes_on = _goes_on(lead, event, scene)
        if goes_on is not None:
            return goes_on
    return Decision(
        lead, tell(holder.answers, "merged", lead, scene, f"{heard.event.absorbed} is one with it")
    )


def _goes_on(lead: RoutedLead, event: LeadAbsorbed, scene: Scene) -> Routed | None:
    """Its rep has it as they had the other one, or who covers for them; None, if neither can."""
    had_it, team = event.holder.name, scene.agreement.teams.get(event.team or "") or scene.team_of(lead)
    place = to_person(had_it, team.name, lead, scene)
    if not isinstance(place, Place):
        return None
    as_it_was = _as_it_was(lead, event)
    note = f"{had_it} had {event.absorbed}, which is one with it"
    given = hand_on(as_it_was, with_note(place, note), "released", scene)
    if not event.accepted or place.holder.name != had_it:
        return given
    return given.then(said_yes(given.state, had_it, scene))


def _as_it_was(lead: RoutedLead, event: LeadAbsorbed) -> RoutedLead:
    """What had been reached with the one is reached with the other, and its meeting is ahead of both."""
    reached = max(lead.stage, event.stage, key=list(Stage).index)
    if event.meets_at is None or event.attendee is None:
        return replace(lead, stage=reached)
    return replace(lead, stage=reached, meeting=Meeting(event.meets_at, event.attendee))
