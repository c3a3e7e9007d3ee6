"""What the services use of an agreement: small values that cannot be changed and compare by what they say."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Literal, TypeAlias

from shared.agreement.conditions.nodes import Facts
from shared.agreement.conditions.when import Condition
from shared.agreement.reading.hours import Week

Needs: TypeAlias = Literal["granted", "not_denied"]
BackTo: TypeAlias = Literal["same_rep", "another_rep", "rules"]
RejectMeans: TypeAlias = Literal["dispute", "reroute", "merge", "close"]
TargetKind: TypeAlias = Literal["team", "person", "first_open", "queue"]


@dataclass(frozen=True, slots=True)
class Arbiter:
    """The one accountable person who settles what marketing and sales cannot, and within what time."""

    person: str
    rules_within: timedelta


@dataclass(frozen=True, slots=True)
class Parties:
    """Who signs for each department, and who rules between them."""

    marketing: str
    sales: str
    arbiter: Arbiter


@dataclass(frozen=True, slots=True)
class Intake:
    """Who answers for a lead from its capture until it is scored, and how long that may take."""

    owner: str
    scored_within: timedelta


@dataclass(frozen=True, slots=True)
class Interests:
    """One lead per person and interest: the name that holds it, and what it is called without one."""

    by: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Holds leads that are neither worked nor nurtured."""

    owner: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What a lead must have agreed to. `granted`, or `not_denied` (unknown is enough). Denied never is.

    The desks hold those who refused, and those who did not but may not be nurtured.
    """

    nurture_needs: Needs
    routing_needs: Needs
    privacy_desk: str
    fallback_desk: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where a lead goes. `value` is a team, a person, a name of the vocabulary that holds one, or some teams.

    `otherwise` is what happens when that cannot be done; "queue" means the queue of the same team.
    """

    kind: TargetKind
    value: str | tuple[str, ...]
    who: Mapping[str, tuple[str, ...]] = field(hash=False)
    otherwise: "Target | Literal['queue'] | None"

    @property
    def in_turn(self) -> "tuple[Target, ...]":
        """This one, and what stands behind its `else`, in the order in which they are tried."""
        return (self, *(self.otherwise.in_turn if isinstance(self.otherwise, Target) else ()))

    @property
    def ends_in_queue(self) -> bool:
        """Whether a queue is named for when nothing else can be done."""
        last = self.in_turn[-1]
        return last.kind == "queue" or last.otherwise == "queue"

    @property
    def names(self) -> tuple[str, ...]:
        """What it says: people, teams, or words of the vocabulary."""
        return self.value if isinstance(self.value, tuple) else (self.value,)

    @property
    def teams(self) -> tuple[str, ...]:
        """Every team that may get the lead, also if the first choice can not be done."""
        return tuple(name for one in self.in_turn if one.kind != "person" for name in one.names)

    def named_teams(self, facts: Facts, known: Container[object]) -> list[str]:
        """The teams that it means itself, in order: by their names, or by a word of the vocabulary."""
        if self.kind == "person":
            return []
        meant = (name if name in known else facts.get(name) for name in self.names)
        return [team for team in meant if isinstance(team, str) and team in known]

    def named_person(self, facts: Facts) -> str | None:
        """The person that it means itself, if it means one."""
        return person_named(self.names[0], facts) if self.kind == "person" else None


def person_named(name: str | None, facts: Facts) -> str | None:
    """Whom a rule means: by their address, or by a word of the vocabulary that holds one."""
    found = facts.get(name) if name is not None and "@" not in name else name
    # A CRM may say by a blank that it is nobody.
    return found if isinstance(found, str) and found.strip() else None


@dataclass(frozen=True, slots=True)
class SetAside:
    """Leads that are nobody's MQL: held by a desk, or sent to whoever answers for them already."""

    name: str
    condition: Condition
    hold: str | None
    to: Target | None
    tell: str | None
    counts_as: str | None


@dataclass(frozen=True, slots=True)
class Team:
    """A team as the agreement knows it: who answers for it, how it takes turns. The roster says who is in it.

    `overflows_to` is the team that gets what nobody in this one can take now. `deputy` are in order of
    preference.
    """

    name: str
    lead: str
    deputy: tuple[str, ...]
    turn: Literal["fair", "least_loaded", "owner_first"]
    count_by: Literal["leads", "value"]
    at_most_open: int | None
    at_most_per_day: int | None
    nobody_available: Literal["queue", "assign_anyway", "overflow"]
    overflows_to: str | None
    queue_within: timedelta
    catch_up: int
    count_exclusive: bool


@dataclass(frozen=True, slots=True)
class Value:
    """What a lead counts for in the turns of a team that counts by value."""

    condition: Condition
    counts: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How many of the leads that came in a heap a rep is given in one day, once they are released."""

    condition: Condition
    per_rep_per_day: int


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """One line of the routing table; the first that holds decides."""

    name: str
    to: Target
    tell: str | None
    condition: Condition

    def sentence(self, facts: Facts) -> str:
        """Why it does or does not, in words, with the values that it met."""
        return self.condition.sentence(facts)


@dataclass(frozen=True, slots=True)
class HandOff:
    """From the SDR to the account executives; the first of `rules` that holds names their team."""

    accept_within: timedelta
    at: str
    refused: str
    rules: tuple[RoutingRule, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """A calendar of the agreement: the hours of each weekday in a zone, and whose holidays are free."""

    zone: str
    week: Week
    holidays: str | None


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often, and within how long, a rep tries before a lead counts as unreachable."""

    at_least: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Step:
    """What happens when the share `at` of a clock's time is used up. `to`: "lead", "deputy" or a person."""

    at: Fraction
    do: Literal["remind", "reassign", "escalate"]
    to: str | None

    @property
    def person(self) -> str | None:
        """Whom it names, if it names somebody."""
        return None if self.to in ("lead", "deputy") else self.to


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """The clocks of a lead, and the steps when they run out, in order. Durations are in time of `clock`."""

    name: str
    condition: Condition
    accept_within: timedelta
    touch_within: timedelta
    attempts: Attempts | None
    next_step_within: timedelta | None
    clock: Literal["working", "any_open", "always"]
    on_reassign: Literal["anew", "what_is_left"]
    ladder: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """What follows when a lead is given back: exactly one of track, desk (`hold`) and end (`ends`)."""

    name: str
    track: str | None
    hold: str | None
    ends: Literal["closed"] | None
    not_before: timedelta | None
    returns: Literal["never", "on_date", "when_repaired"] | None
    back_to: BackTo | None
    needs: str | None
    ask: str | None


@dataclass(frozen=True, slots=True)
class Track:
    """A nurture track: who answers for its leads, where they are delivered, how the tool says it has them."""

    name: str
    owner: str
    deliver_to: str | None
    acknowledge_within: timedelta
    acknowledged_by: Literal["delivery", "call_back"]
    returns: Literal["never"] | None


@dataclass(frozen=True, slots=True)
class Playbook:
    """What the rep sees beside the lead. `until` is the last day on which it holds."""

    segment: str | None
    condition: Condition
    offer: str
    say: str
    send: tuple[str, ...]
    approved_by: str | None
    until: date | None

    def suits(self, segment: str | None, facts: Facts) -> bool:
        """Whether it is for this segment, its condition holds, and it has not ended by `facts["now"]`."""
        if self.segment is not None and self.segment != segment:
            return False
        now = facts.get("now")
        if self.until is not None and isinstance(now, datetime) and now.date() > self.until:
            return False
        return self.condition.holds(facts)
