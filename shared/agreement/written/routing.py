"""Who gets a lead: teams, rules, what a rep's no means, and the hand-off to account executives."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from shared.agreement.written.common import (
    Count,
    Duration,
    Name,
    People,
    Person,
    Section,
    WhenInRouting,
    Whom,
)
from shared.agreement.written.destinations import Destination


class OpenCap(Section):
    """The most leads one rep may have open, and be given in one day."""

    open: Count | None = None
    per_day: Count | None = None


class Team(Section):
    """A team as the agreement knows it: who answers for it. Who is in it, the roster says."""

    name: Name
    lead: Person
    deputy: People
    turn: Literal["fair", "least_loaded", "owner_first"] = "fair"
    count_by: Literal["leads", "value"] = "leads"
    at_most: OpenCap = Field(default_factory=OpenCap)
    nobody_available: Name = "queue"
    queue_within: Duration = Field(default="30m", validate_default=True)
    catch_up: Annotated[int, Field(ge=0, le=1_000)] = 0
    count_exclusive: bool = False

    @property
    def overflows_to(self) -> str | None:
        """The team of `overflow:<team>`, if that is said."""
        word, colon, team = self.nobody_available.partition(":")
        return team.strip() if colon and word == "overflow" else None


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict) else value


class Pace(Section):
    """How fast leads that came in a heap are released."""

    when: WhenInRouting
    per_rep_per_day: Count


Paces = Annotated[list[Pace], BeforeValidator(_as_list, json_schema_input_type=list[Pace] | Pace)]


class Value(Section):
    """What a lead counts for in the turns of teams that count by value; where no rule holds, 1."""

    when: WhenInRouting
    counts: Annotated[int, Field(ge=1, le=100)]


class RoutingRule(Section):
    """The first rule whose condition holds decides where a lead goes."""

    name: Name
    when: WhenInRouting = None
    to: Destination
    tell: Whom | None = None


class HandOffRule(Section):
    """The first rule whose condition holds names the account executives' team."""

    name: Name = "rest"
    when: WhenInRouting = None
    to: Destination


class HandOff(Section):
    """From the SDR to the account executive."""

    at: Literal["sql"] = "sql"
    rules: list[HandOffRule] = Field(min_length=1)
    accept_within: Duration = Field(default="24h", validate_default=True)
    refused: Literal["back_to_sdr"] = "back_to_sdr"


RejectMeans = Literal["dispute", "reroute", "merge", "close"]


def _usual_reject() -> dict[str, RejectMeans]:
    return {
        "not-per-definition": "dispute",
        "wrong-team": "reroute",
        "duplicate": "merge",
        "not-a-lead": "close",
    }


class Routing(Section):
    """The teams and the rules that choose among them."""

    teams: list[Team] = Field(min_length=1)
    reassign_at_most: Annotated[int, Field(ge=0, le=20)] = 3
    values: list[Value] = Field(default_factory=list)
    pace: Paces = Field(default_factory=list)
    rules: list[RoutingRule] = Field(min_length=1)
    reject: dict[Name, RejectMeans] = Field(default_factory=_usual_reject, min_length=1)
    hand_off: HandOff | None = None
