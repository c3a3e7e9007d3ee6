"""What an MQL is, and the points that make a lead one."""

from fractions import Fraction
from typing import Literal

from pydantic import Field, model_validator

from shared.agreement.written.common import (
    Cap,
    Duration,
    Known,
    Name,
    Names,
    Points,
    Score,
    Section,
    Share,
    WhenBeforeScore,
    WhenOnLead,
)

Grade = Literal["A", "B", "C", "D"]


class Mql(Section):
    """What must hold before marketing may hand a lead to sales."""

    score_at_least: Score = 60
    grade_at_least: Grade = "D"
    requires: Known = ()


class FastLane(Section):
    """An activity that makes an MQL whatever the score."""

    name: Name
    when: WhenBeforeScore


class Sql(Section):
    """What a rep must have found out before a lead counts as qualified by sales."""

    requires: Names = ()


class Definitions(Section):
    """The lead definitions both departments use."""

    mql: Mql = Field(default_factory=Mql)
    fast_lane: list[FastLane] = Field(default_factory=list)
    sal: Name = "accepted by the assignee"
    sql: Sql = Field(default_factory=Sql)


class FitRule(Section):
    """Points for what person and company are."""

    name: Name
    when: WhenOnLead
    points: Points


class Grades(Section):
    """The fit points from which each grade starts; below C is D."""

    A: Points = 70
    B: Points = 45
    C: Points = 20

    @model_validator(mode="after")
    def _descending(self) -> "Grades":
        if not self.A > self.B > self.C:
            raise ValueError(f"expected A above B above C, found {self.A}, {self.B}, {self.C}")
        return self


class Fit(Section):
    """Explicit data to points to a grade."""

    points: list[FitRule] = Field(default_factory=list)
    grades: Grades = Field(default_factory=Grades)


class EngagementRule(Section):
    """Points for what the lead does; they fade with the half-life."""

    name: Name
    when: WhenBeforeScore
    points: Points
    at_most: Cap | None = None

    @model_validator(mode="after")
    def _room_for_one(self) -> "EngagementRule":
        if self.at_most is not None and self.at_most.points < abs(self.points):
            raise ValueError(
                f"at_most {self.at_most} is less than the {abs(self.points)} points of one activity"
            )
        return self


class Engagement(Section):
    """Behaviour to points that fade."""

    half_life: Duration = Field(default="14d", validate_default=True)
    points: list[EngagementRule] = Field(default_factory=list)
    cap: Score = 100


class Weights(Section):
    """How much fit and engagement count in the score; together they make 1."""

    fit: Share
    engagement: Share

    @model_validator(mode="after")
    def _add_up(self) -> "Weights":
        if self.fit + self.engagement != 1:
            total = float(self.fit + self.engagement)
            raise ValueError(f"expected fit and engagement to add up to 1, found {total:g}")
        return self


def _usual_weights() -> Weights:
    return Weights(fit=Fraction(2, 5), engagement=Fraction(3, 5))


class TrackName(Section):
    """A nurture track to which leads go."""

    track: Name


class Scoring(Section):
    """How the score is made, when it cools, and who nurtures what is not qualified."""

    fit: Fit = Field(default_factory=Fit)
    engagement: Engagement = Field(default_factory=Engagement)
    score: Weights = Field(default_factory=_usual_weights)
    cools_below: Score | None = None
    otherwise: TrackName | None = None
