"""The answers of routing's endpoints, and how states become them."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.routing.domain.clocks.spent import so_far
from services.routing.domain.model import RoutedLead
from services.routing.domain.words import assignment_in_words, story
from shared.agreement import Agreement
from shared.contracts.values import Deadline
from shared.terms import LeadId


class DeadlineOut(BaseModel):
    """What is wanted, and by when."""

    name: str = Field(description="accept, touch, attempts, next_step, queue, handoff or dispute")
    due_at: datetime
    policy: str


class LeadOut(BaseModel):
    """Where a lead stands after a command."""

    lead: str
    standing: str = Field(description="holding; offering (to nurture); gone (nurture has it); ended")
    holder: str | None = Field(
        description="The rep, or the team whose queue holds it; once it is gone, the track or desk"
    )
    answers: str | None = Field(description="The person who answers for it now")
    team: str | None
    stage: str | None = Field(description="None once its journey is over")
    accepted: bool
    attempts: int = Field(description="Attempts and conversations that are recorded")
    reported: int = Field(
        description="How many of these attempts a tool reported; the others are the rep's word"
    )
    meeting_at: datetime | None = Field(description="When the meeting is that is booked")
    deadlines: list[DeadlineOut]
    handoff_to: str | None = Field(description="The account executive who is asked to take it over")


class AssignmentOut(LeadOut):
    """Why a lead is where it is, in words."""

    why: str = Field(description="new, returned, reassigned, escalated, left …")
    since: datetime | None
    agreement: str | None = Field(description="The version that was in force")
    receipt: list[str] = Field(description="Each rule tried, each candidate and why not, and the clock")
    story: list[str] = Field(description="The lead in a few lines")
    snoozed_until: datetime | None = Field(description="Until when its rep waits for the lead, at the latest")
    spent: dict[str, int] = Field(description="Seconds of this round by whose they were: rep, queue, lead …")
    not_to: dict[str, str] = Field(description="Who does not get it again, and why")


class QueuedOut(BaseModel):
    """One lead of a queue."""

    lead: str
    score: int
    since: datetime | None
    waiting: bool = Field(description="It is given out as soon as somebody can take it")
    why: str
    answers: str
    deadlines: list[DeadlineOut]


def lead_out(lead: LeadId, state: RoutedLead) -> LeadOut:
    """A state as commands answer it."""
    is_over = state.custody.standing == "ended"
    holder = None if is_over else state.custody.holder
    return LeadOut(
        lead=lead,
        standing=state.custody.standing,
        holder=holder.name if holder else None,
        answers=holder.answers if holder else None,
        team=state.team,
        stage=None if is_over else state.stage.value,
        accepted=state.accepted,
        attempts=state.attempts,
        reported=state.reported,
        meeting_at=state.meeting.starts_at if state.meeting else None,
        deadlines=deadlines_out(state.deadlines),
        handoff_to=state.handoff.to if state.handoff else None,
    )


def assignment_out(lead: LeadId, state: RoutedLead, now: datetime, agreement: Agreement) -> AssignmentOut:
    """A state with its receipt in words."""
    return AssignmentOut(
        **lead_out(lead, state).model_dump(),
        why=state.why,
        since=state.since,
        agreement=state.receipt.agreement if state.receipt else None,
        receipt=assignment_in_words(state),
        story=story(state.snapshot, agreement) if state.snapshot else [],
        snoozed_until=state.snooze.until if state.snooze else None,
        spent={whose: int(seconds) for whose, seconds in so_far(state, now).items()},
        not_to=state.declined,
    )


def queued_out(lead: LeadId, state: RoutedLead) -> QueuedOut:
    """A state as a line of its queue."""
    holder = state.custody.holder
    return QueuedOut(
        lead=lead,
        score=state.snapshot.score if state.snapshot else 0,
        since=state.since,
        waiting=state.waiting,
        why=state.why,
        answers=holder.answers if holder else "",
        deadlines=deadlines_out(state.deadlines),
    )


def deadlines_out(deadlines: tuple[Deadline, ...]) -> list[DeadlineOut]:
    """The deadlines that run."""
    return [DeadlineOut.model_validate(one, from_attributes=True) for one in deadlines]
