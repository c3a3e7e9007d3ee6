"""What recycle's endpoints take and give."""

from datetime import datetime

from pydantic import BaseModel, Field


class HolderOut(BaseModel):
    """Who holds a lead, and the person who answers."""

    kind: str = Field(description="intake, rep, queue, track or desk")
    name: str
    answers: str = Field(description="The accountable person")


class OwnerOut(BaseModel):
    """Who answered for a lead, from when to when."""

    number: int = Field(description="The baton's number; one higher at every hand-over")
    holder: HolderOut | None
    since: datetime
    to: datetime | None = Field(description="Until when; null while they still do")
    why: str
    event: str = Field(description="The event that says so")
    topic: str


class OwnersOut(BaseModel):
    """Everyone who ever answered for a lead."""

    lead: str
    owners: list[OwnerOut]


class MissingOut(BaseModel):
    """A lead for which nobody is known to answer."""

    lead: str
    problem: str
    since: datetime
    custodian: str = Field(description="The service that must answer")
    last_holder: HolderOut | None
    asked_at: datetime | None = Field(description="When the auditor last asked")


class FallbackOut(BaseModel):
    """A lead in the hands of the intake desk, a queue or a deputy."""

    lead: str
    kind: str
    holder: str
    answers: str
    why: str
    since: datetime
    age_s: float


class FallbackKind(BaseModel):
    """How many leads one kind of fallback has."""

    leads: int
    oldest_s: float = Field(description="How long the oldest has been there, in seconds")


class SummaryOut(BaseModel):
    """The ledger in one line. `captured` = `held` + `merged` + `erased` + `closed`."""

    captured: int
    held: int
    merged: int
    erased: int
    closed: int = Field(description="Won, or closed as no lead")
    scored_late: int = Field(description="With the intake desk for longer than `intake.scored_within`")
    leads_without_owner: int = Field(description="The right value is 0")
    owner_gap_seconds: float = Field(
        description="Time without an owner, over all leads; the right value is 0"
    )
    offer_oldest_s: float = Field(description="How long the oldest open offer waits")
    fallback: dict[str, FallbackKind]
    as_of: datetime | None = Field(description="Up to when the ledger has read every topic")


class Quantiles(BaseModel):
    """Half and 99 of 100 took no longer, in milliseconds; null before the first."""

    p50: int | None
    p99: int | None


class CountsOut(BaseModel):
    """What happened so far: leads by stage (each counted once), clocks and hand-overs (every time)."""

    captured: int
    scored: int
    qualified: int
    assigned: int
    accepted: int
    sales_qualified: int
    won: int
    lost: int
    closed: int
    merged: int
    erased: int
    reminded: int
    breached: int
    reassigned: int
    recycled: int
    returned: int
    refused: int
    capture_to_assigned_ms: Quantiles


class StagesReached(BaseModel):
    """How many leads reached each stage in a time; a lead that did so twice is counted once."""

    inquiry: int
    mql: int
    sal: int
    sql: int
    won: int


class OfSource(StagesReached):
    """Those that came from one source, or count as another one's, as the rule says that sets them aside."""

    source: str = Field(description="Empty where it is not known, and for all but the 200 largest")


class StagesOut(StagesReached):
    """All leads, and the same by where they came from."""

    sources: list[OfSource]


class LineOut(BaseModel):
    """One thing that happened."""

    at: datetime
    type: str
    topic: str
    sentence: str
    receipt: list[str] = Field(
        description="What the decision rested on, line by line; empty for a plain fact"
    )


class StoryOut(BaseModel):
    """Everything that is kept of one lead, in the order in which it happened."""

    lead: str
    captured_at: datetime | None
    ending: str | None
    ended_at: datetime | None
    lines: list[LineOut]
    owners: list[OwnerOut]


class AcknowledgeIn(BaseModel):
    """What a nurture tool sends back when it has a lead."""

    number: int = Field(ge=1, description="The number that came with the hand-over")


class AcknowledgeOut(BaseModel):
    """Who answers for the lead now."""

    lead: str
    holder: HolderOut | None
