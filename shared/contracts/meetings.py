"""What routing says of meetings with a lead: they are booked, held, missed or called off."""

from typing import ClassVar, Literal

from shared.contracts.envelope import Event
from shared.contracts.values import Deadline, Instant


class MeetingEvent(Event, frozen=True, kw_only=True):
    """What becomes of a meeting; `attendee` is the colleague whom the lead meets.

    `by` is who answers for the lead; `reported_by` and `through` are those of `lead.contacted`.
    """

    TOPICS: ClassVar = ("baton.routing",)

    starts_at: Instant
    attendee: str
    by: str = ""
    note: str = ""
    reported_by: Literal["rep", "tool"] = "rep"
    through: str = ""


class MeetingBooked(MeetingEvent, frozen=True, kw_only=True):
    """A meeting is ahead. `instead_of`: when the one was to be that it takes the place of."""

    TYPE: ClassVar = "meeting.booked"

    instead_of: Instant | None = None


class MeetingHeld(MeetingEvent, frozen=True, kw_only=True):
    """The meeting took place. `deadlines` are the clocks that run from now on."""

    TYPE: ClassVar = "meeting.held"

    deadlines: tuple[Deadline, ...] = ()


class MeetingMissed(MeetingEvent, frozen=True, kw_only=True):
    """The lead did not come; `attendee` waited. `deadlines` are the clocks that run from now on."""

    TYPE: ClassVar = "meeting.missed"

    deadlines: tuple[Deadline, ...] = ()


class MeetingCancelled(MeetingEvent, frozen=True, kw_only=True):
    """The meeting will not take place; `note` says why. `deadlines` are the clocks that run from now on."""

    TYPE: ClassVar = "meeting.cancelled"

    deadlines: tuple[Deadline, ...] = ()
