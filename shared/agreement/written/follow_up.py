"""By when a lead is accepted and touched, in whose time, and what happens when it is not."""

from fractions import Fraction
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from shared.agreement.reading.hours import mistake_in
from shared.agreement.written.common import (
    Count,
    Duration,
    Escalated,
    Name,
    Names,
    Percentage,
    Section,
    WhenInRouting,
)

Clock: TypeAlias = Literal["working", "any_open", "always"]


class Calendar(Section):
    """A zone, its working hours and its holidays."""

    zone: Name
    hours: dict[Name, Names] = Field(min_length=1)
    holidays: Name | None = None

    @model_validator(mode="after")
    def _hours_are_hours(self) -> "Calendar":
        mistake = mistake_in(self.hours)
        if mistake is not None:
            raise ValueError(mistake)
        return self


class Attempts(Section):
    """How often, and within how long, a rep tries before a lead counts as unreachable."""

    at_least: Count
    within: Duration


class Step(Section):
    """What happens when a share of a clock's time is used up."""

    at: Percentage
    do: Literal["remind", "reassign", "escalate"]
    to: Escalated | None = None

    @property
    def whom(self) -> str | None:
        """Who gets what escalates: the team's lead, where the file does not say."""
        return self.to or ("lead" if self.do == "escalate" else None)


def _usual_ladder() -> list[Step]:
    return [Step(at=Fraction(3, 4), do="remind"), Step(at=Fraction(1), do="reassign")]


class Policy(Section):
    """The clocks of a lead; the first policy whose condition holds is the lead's."""

    name: Name
    when: WhenInRouting = None
    accept_within: Duration = Field(default="4h", validate_default=True)
    touch_within: Duration = Field(default="24h", validate_default=True)
    attempts: Attempts | None = None
    next_step_within: Duration | None = None
    clock: Clock = "always"
    on_reassign: Literal["anew", "what_is_left"] = "anew"
    ladder: Annotated[list[Step], Field(min_length=1)] = Field(default_factory=_usual_ladder)


class FollowUp(Section):
    """Calendars, policies, how long a rep may wait for a lead, and when a lead counts as stalled."""

    calendars: dict[Name, Calendar] = Field(default_factory=dict)
    policies: list[Policy] = Field(default_factory=lambda: [Policy(name="standard")], min_length=1)
    snooze_at_most: Duration = Field(default="14d", validate_default=True)
    stalled_after: Duration = Field(default="10d", validate_default=True)
