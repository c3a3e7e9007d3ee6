"""Meetings with the lead: booked, held, missed, called off. One that is ahead is the next step."""

from datetime import datetime, timedelta
from typing import Final, TypeVar

from msgspec.structs import replace

from services.routing.domain.clocks.of_lead import progressed, touched, with_next_step_clock
from services.routing.domain.clocks.waiting import resumed
from services.routing.domain.model import Meeting, RoutedLead, with_chapter
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.steps.reporting import Reported
from services.routing.domain.words import instant, tell
from shared.agreement.prose.words import length
from shared.contracts.meetings import MeetingBooked, MeetingCancelled, MeetingHeld, MeetingMissed
from shared.effects import CommandRefused, Decision, Say, nothing

AHEAD_MAX: Final = timedelta(days=180)
"""How far ahead a meeting may be: until then its lead is not stalled."""
_Became = TypeVar("_Became", MeetingHeld, MeetingMissed, MeetingCancelled)


def booked(
    lead: RoutedLead, by: str, starts_at: datetime, attendee: str, note: str, said: Reported, scene: Scene
) -> Routed:
    """A meeting is ahead, instead of the one that was. Raises CommandRefused if it is past, or too far."""
    before = lead.meeting
    if before == Meeting(starts_at, attendee):
        return nothing(lead)
    if starts_at <= scene.now:
        raise CommandRefused("invalid", f"{instant(starts_at)} is past; give an instant that is ahead")
    if starts_at > scene.now + AHEAD_MAX:
        raise CommandRefused(
            "invalid",
            f"a meeting is at most {length(AHEAD_MAX)} ahead; book a nearer one, or give the lead back",
        )
    awake = resumed(lead, "a meeting is booked", scene)
    what = f"booked a meeting with {attendee} for {instant(starts_at)}"
    told = with_chapter(awake.state, scene.now, by, what, note)
    # Whoever agreed to a meeting was reached.
    told = replace(told, meeting=Meeting(starts_at, attendee), attempts=max(1, lead.attempts))
    event = MeetingBooked(
        starts_at=starts_at,
        attendee=attendee,
        by=by,
        note=note,
        reported_by=said.by,
        through=said.through,
        instead_of=before.starts_at if before is not None else None,
    )
    return awake.then(Decision(progressed(touched(told, scene, heard_back=True), scene), (Say(event),)))


def held(lead: RoutedLead, by: str, note: str, said: Reported, scene: Scene) -> Routed:
    """It took place; something must follow."""
    return _over(lead, by, "held the meeting", MeetingHeld, note, said, scene)


def missed(lead: RoutedLead, by: str, note: str, said: Reported, scene: Scene) -> Routed:
    """The lead did not come; something must follow."""
    return _over(lead, by, "waited in vain at the meeting", MeetingMissed, note, said, scene)


def cancelled(lead: RoutedLead, by: str, note: str, said: Reported, scene: Scene) -> Routed:
    """It will not take place: nobody is blamed for that, and something must follow."""
    meeting = _booked(lead)
    if meeting.starts_at <= scene.now:
        began = instant(meeting.starts_at)
        raise CommandRefused("wrong stage", f"it began {began}; say whether it was held or missed")
    told = with_chapter(lead, scene.now, by, "called the meeting off", note)
    told = replace(told, meeting=None)
    after = progressed(with_next_step_clock(told, scene) if _is_worked(told) else told, scene)
    return Decision(after, (Say(_what_became(MeetingCancelled, meeting, after, by, note, said)),))


def begins(lead: RoutedLead, scene: Scene) -> Routed:
    """Its time has come: from now on it is wanted of the rep to say what became of it, and what follows."""
    assert lead.meeting is not None, "it was waited for"
    begun = replace(lead, meeting=replace(lead.meeting, begun=True))
    if not _is_worked(begun) or begun.custody.holder is None:
        return nothing(begun)
    # From then on, also if Baton was not there.
    asked = with_next_step_clock(begun, replace(scene, now=lead.meeting.starts_at))
    return Decision(asked, tell(begun.custody.holder.answers, "meeting begins", asked, scene))


def _is_worked(lead: RoutedLead) -> bool:
    """Whether anything is asked of who has it, besides their yes."""
    return lead.accepted and lead.handoff is None and lead.snooze is None


def _over(
    lead: RoutedLead,
    by: str,
    what: str,
    of: type[_Became],
    note: str,
    said: Reported,
    scene: Scene,
) -> Routed:
    meeting = _booked(lead)
    if meeting.starts_at > scene.now:
        raise CommandRefused("wrong stage", f"it begins {instant(meeting.starts_at)}; say so after that")
    awake = resumed(lead, "a meeting is over", scene)
    told = replace(with_chapter(awake.state, scene.now, by, what, note), meeting=None)
    after = progressed(touched(told, scene, heard_back=True), scene)
    return awake.then(Decision(after, (Say(_what_became(of, meeting, after, by, note, said)),)))


def _booked(lead: RoutedLead) -> Meeting:
    if lead.meeting is None:
        raise CommandRefused("wrong stage", "no meeting is booked; book it first, or report a contact")
    return lead.meeting


def _what_became(
    of: type[_Became], meeting: Meeting, after: RoutedLead, by: str, note: str, said: Reported
) -> _Became:
    return of(
        starts_at=meeting.starts_at,
        attendee=meeting.attendee,
        by=by,
        note=note,
        reported_by=said.by,
        through=said.through,
        deadlines=after.deadlines,
    )
