"""How a lead goes back to nurture, with which reason, until when, and who gets it when it returns."""

from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue, model_validator

from shared.agreement.written.common import Duration, Name, Person, Section, WhenOnReturn, exactly_one_of
from shared.agreement.written.scoring import TrackName

BackTo = Literal["same_rep", "another_rep", "rules"]


_NO_RETURN: Final[list[dict[str, JsonValue]]] = [
    {"required": ["not_before", "returns"], "properties": {"returns": {"const": "never"}}},
    {"required": ["not_before", "ends"]},
    {"required": ["returns", "ends"]},
]
"""A date for what does not return, and a return of what is closed."""


class Reason(Section):
    """What a rep, a clock or an outcome says, and what happens then."""

    model_config = exactly_one_of("track", "hold", "ends", never=_NO_RETURN)

    track: Name | None = None
    hold: Name | None = None
    ends: Literal["closed"] | None = None
    not_before: Duration | None = None
    returns: Literal["never", "on_date", "when_repaired"] | None = None
    back_to: BackTo | None = None
    needs: Literal["attempts", "sub_reason"] | None = None
    ask: Name | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "Reason":
        if sum(place is not None for place in (self.track, self.hold, self.ends)) != 1:
            raise ValueError("expected exactly one of `track: <track>`, `hold: <desk>` and `ends: closed`")
        if self.returns == "on_date" and self.ask is None:
            raise ValueError("`returns: on_date` needs a date; ask for it, for example `ask: revisit_on`")
        if self.ends is not None and (self.not_before is not None or self.returns is not None):
            raise ValueError("a lead that is closed does not return; remove `not_before` and `returns`")
        if self.returns == "never" and self.not_before is not None:
            raise ValueError("`returns: never` and `not_before` contradict each other; keep one")
        return self


class Track(Section):
    """A nurture track: who answers for its leads, which tool runs it, how the tool says it has them."""

    owner: Person
    deliver_to: Name | None = None
    acknowledge_within: Duration = Field(default="15m", validate_default=True)
    acknowledged_by: Literal["delivery", "call_back"] | None = None
    returns: Literal["never"] | None = None

    @model_validator(mode="after")
    def _reachable(self) -> "Track":
        if self.acknowledged_by == "delivery" and self.deliver_to is None:
            raise ValueError("`acknowledged_by: delivery` needs a destination; name it with `deliver_to`")
        return self


class Recycle(Section):
    """The way back to nurture and from there to sales."""

    reasons: dict[Name, Reason] = Field(default_factory=dict)
    tracks: dict[Name, Track] = Field(min_length=1)
    return_when: WhenOnReturn = None
    rounds_at_most: Annotated[int, Field(ge=1, le=20)] = 3
    after_last_round: TrackName | None = None
    back_to: BackTo = "rules"
