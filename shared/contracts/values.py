"""The values that events are made of: who a lead is, what it did, and the receipts of decisions."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from shared.terms import Consent, LeadId, Stage

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""When. One without a time zone cannot be compared with any other, so it is not read."""

Fact = str | int | float | bool | None
"""The value of one of the agreement's words, such as `company.employees`."""


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
    postal_code: str | None = None


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


class Account(Value, frozen=True, kw_only=True):
    """What the CRM says of the company. `match` is how surely the lead belongs to it."""

    domain: str | None = None
    relation: Literal["prospect", "customer", "partner"] = "prospect"
    owner: str | None = None
    manager: str | None = None
    pod: str | None = None
    open_opportunity: str | None = None
    opportunity_owner: str | None = None
    match: Literal["strong", "weak"] | None = None


class Activity(Value, frozen=True, kw_only=True):
    """Something the lead did.

    `seq` is ingest's count for this lead, from 1; `own_id` the source's own id of it. `message` is what the
    lead wrote, in their own words.
    """

    seq: int
    type: str
    at: Instant
    source: str
    url: str | None = None
    asset: str | None = None
    campaign: str | None = None
    product: str | None = None
    own_id: str | None = None
    message: str | None = None


class Point(Value, frozen=True, kw_only=True):
    """One line of a score's receipt: which rule gave how many points, and why, in words.

    `points` are after caps, `worth` is what they are worth now, after fading too; for fit the two are equal.
    `activity` is the type of what the lead did. Where the cap, such as "30 per 7d", took points away,
    `uncapped` is what the rule gives.
    """

    name: str
    points: int
    sentence: str
    worth: int
    at: Instant | None = None
    seq: int | None = None
    activity: str | None = None
    uncapped: int | None = None
    cap: str | None = None


class RuleTried(Value, frozen=True, kw_only=True):
    """One rule that was tried, whether it matched, and the value that it met, in words."""

    name: str
    matched: bool
    sentence: str


class Whose(Value, frozen=True, kw_only=True):
    """Whose lead it is by the rule that set it aside.

    A `desk` holds it, or `person` has it; `team`, if there is none or they cannot. `tell` hears of it;
    reports call it `counts_as`.
    """

    rule: str
    desk: str | None = None
    team: str | None = None
    person: str | None = None
    tell: str | None = None
    counts_as: str | None = None


class ScoreReceipt(Value, frozen=True, kw_only=True):
    """How a score came about: every point, the sums, the grade, and what is missing to be an MQL.

    `number` counts a lead's receipts, from 1; with the lead's id it names this one. `fast_lane` names the
    rule that makes it an MQL whatever the score, `set_aside` the one by which it can be none. `facts` are the
    words that the rules met, `lists` the fingerprints of the agreement's lists they asked.
    """

    agreement: str
    at: Instant
    fit: tuple[Point, ...] = ()
    engagement: tuple[Point, ...] = ()
    fit_points: int = 0
    engagement_points: int = 0
    grade: str = "D"
    score: int = 0
    missing: tuple[str, ...] = ()
    fast_lane: str | None = None
    set_aside: RuleTried | None = None
    number: int = 0
    facts: dict[str, Fact] = {}
    lists: dict[str, str] = {}


class Candidate(Value, frozen=True, kw_only=True):
    """One person who could have had the lead; `why_not` is empty for the one who got it."""

    person: str
    why_not: str = ""


class RouteReceipt(Value, frozen=True, kw_only=True):
    """How an assignment came about: rules tried, each candidate and why not, the fair turn's numbers.

    `facts` are the words that the rules and policies met; `lists` the fingerprints of the agreement's lists
    they asked. `clocks` says what is to be done by when, and in whose hours. It is the lead's `number`th.
    `worth`: what the lead counts for in the turn.
    """

    agreement: str
    at: Instant
    why: str
    rules: tuple[RuleTried, ...] = ()
    team: str | None = None
    candidates: tuple[Candidate, ...] = ()
    turn: dict[str, str] = {}
    worth: int = 1
    note: str = ""
    facts: dict[str, Fact] = {}
    lists: dict[str, str] = {}
    number: int = 0
    clocks: tuple[str, ...] = ()


class RecycleReceipt(Value, frozen=True, kw_only=True):
    """How a lead came to its track or desk, or back: why in words, what was tried, who acknowledged.

    `acknowledged_by` is the destination that did, empty for a desk; `acknowledged_at` when.
    """

    agreement: str
    at: Instant
    why: str
    rules: tuple[RuleTried, ...] = ()
    acknowledged_by: str = ""
    acknowledged_at: Instant | None = None
    facts: dict[str, Fact] = {}


class Deadline(Value, frozen=True, kw_only=True):
    """An SLA: what is wanted, by when, under which policy."""

    name: Literal["accept", "touch", "attempts", "next_step", "queue", "handoff", "dispute"]
    due_at: Instant
    policy: str


class Chapter(Value, frozen=True, kw_only=True):
    """What a colleague did with the lead before: when, who, what, and what they noted."""

    at: Instant
    by: str
    what: str
    note: str = ""


class Evidence(Value, frozen=True, kw_only=True):
    """What a dispute is decided by, as it was then: the score's receipt, clocks, the agreement's version."""

    agreement: str
    score: ScoreReceipt | None = None
    deadlines: tuple[Deadline, ...] = ()
    owner: str | None = None


class Snapshot(Value, frozen=True, kw_only=True):
    """Everything the next owner needs; the taker of an offer may never have heard of the lead.

    `own_ids` are the person's ids in their sources' own systems, by source; `earlier` is the closed lead they
    were. `activities` and `history` are the last ones, oldest first; the round is in the handover. `receipt`
    is the score's; scoring's own events have it beside the snapshot, not in it.
    """

    person: Person
    email: Email | None = None
    company: Company = Company()
    consent: Consent = Consent.UNKNOWN
    interest: str | None = None
    source: str = ""
    campaign: str | None = None
    captured_via: str = "form"
    captured_at: Instant | None = None
    earlier: LeadId | None = None
    own_ids: dict[str, str] = {}
    account: Account | None = None
    segment: str | None = None
    playbook: str | None = None
    stage: Stage = Stage.INQUIRY
    score: int = 0
    grade: str | None = None
    fast_lane: bool = False
    receipt: ScoreReceipt | None = None
    activities: tuple[Activity, ...] = ()
    history: tuple[Chapter, ...] = ()
