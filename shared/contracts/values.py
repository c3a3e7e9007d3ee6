"""The values that events are made of: who a lead is, what it did, and the receipts of decisions."""

from datetime import datetime
from typing import Literal

import msgspec

from shared.terms import Consent, Stage


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of an event. Readers ignore fields that they do not know; fields may be added, never changed."""


class Person(Value, frozen=True, kw_only=True):
    """Who the lead is. `country` is ISO 3166-1 alpha-2, `region` ISO 3166-2, `language` ISO 639-1."""

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    phone: str | None = None
    language: str | None = None
    country: str | None = None
    region: str | None = None


class Email(Value, frozen=True, kw_only=True):
    """An address, normalised; `domain` is what stands behind the @."""

    address: str
    domain: str
    free: bool = False
    disposable: bool = False


class Company(Value, frozen=True, kw_only=True):
    """The company behind a lead, as far as the source said."""

    name: str | None = None
    domain: str | None = None
    employees: int | None = None
    industry: str | None = None
    country: str | None = None


class Activity(Value, frozen=True, kw_only=True):
    """Something the lead did. `seq` is ingest's count for this lead, from 1; `own_id` the source's own id of it."""

    seq: int
    type: str
    at: datetime
    source: str
    url: str | None = None
    asset: str | None = None
    campaign: str | None = None
    product: str | None = None
    own_id: str | None = None


class Point(Value, frozen=True, kw_only=True):
    """One line of a score's receipt: which rule gave how many points, and why, in words.

    `worth` is what the points are worth now, after fading and caps; for fit the two are equal.
    """

    name: str
    points: int
    sentence: str
    worth: int
    at: datetime | None = None
    seq: int | None = None


class ScoreReceipt(Value, frozen=True, kw_only=True):
    """How a score came about: every point, the sums, the grade, and what is missing to be an MQL."""

    agreement: str
    at: datetime
    fit: tuple[Point, ...] = ()
    engagement: tuple[Point, ...] = ()
    fit_points: int = 0
    engagement_points: int = 0
    grade: str = "D"
    score: int = 0
    missing: tuple[str, ...] = ()
    fast_lane: str | None = None


class RuleTried(Value, frozen=True, kw_only=True):
    """One routing rule that was tried, whether it matched, and the value that it met, in words."""

    name: str
    matched: bool
    sentence: str


class Candidate(Value, frozen=True, kw_only=True):
    """One person who could have had the lead; `why_not` is empty for the one who got it."""

    person: str
    why_not: str = ""


class RouteReceipt(Value, frozen=True, kw_only=True):
    """How an assignment came about: the rules tried, every candidate and why not, and the fair turn's numbers."""

    agreement: str
    at: datetime
    why: str
    rules: tuple[RuleTried, ...] = ()
    team: str | None = None
    candidates: tuple[Candidate, ...] = ()
    turn: dict[str, str] = {}
    note: str = ""


class Deadline(Value, frozen=True, kw_only=True):
    """An SLA: what is wanted, by when, under which policy."""

    name: Literal["accept", "touch", "queue", "handoff", "dispute"]
    due_at: datetime
    policy: str


class Snapshot(Value, frozen=True, kw_only=True):
    """Everything the next owner needs; the taker of an offer may never have heard of the lead."""

    person: Person
    email: Email | None = None
    company: Company = Company()
    consent: Consent = Consent.UNKNOWN
    interest: str | None = None
    source: str = ""
    campaign: str | None = None
    captured_via: str = "form"
    segment: str | None = None
    playbook: str | None = None
    stage: Stage = Stage.INQUIRY
    score: int = 0
    fast_lane: bool = False
    receipt: ScoreReceipt | None = None
    activities: tuple[Activity, ...] = ()
