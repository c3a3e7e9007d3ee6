"""Who is in the market, who may be contacted, and who is set aside before anybody is scored."""

from typing import Literal

from pydantic import Field, model_validator

from shared.agreement.written.common import (
    Duration,
    Employees,
    Name,
    Person,
    Section,
    WhenBeforeScore,
    WhenOnMarket,
    Whom,
    exactly_one_of,
)
from shared.agreement.written.destinations import Destination


class Arbiter(Section):
    """The one person who settles what marketing and sales cannot."""

    person: Person
    rules_within: Duration = Field(default="48h", validate_default=True)


class Parties(Section):
    """Who signs for each department."""

    marketing: Person
    sales: Person
    arbiter: Arbiter


class Intake(Section):
    """Who answers for a lead from its capture until it is scored."""

    owner: Person
    scored_within: Duration = Field(default="2m", validate_default=True)


class Interests(Section):
    """One lead per person and interest: where the interest is found, and what it is called when it is not."""

    by: Name
    otherwise: Name = Field(alias="else")


class Desk(Section):
    """Holds leads that are neither worked nor nurtured."""

    owner: Person


class Hold(Section):
    """A desk to which leads go."""

    hold: Name


class Consent(Section):
    """What a lead must have agreed to before somebody writes or calls."""

    nurture_needs: Literal["granted", "not_denied"] = "not_denied"
    routing_needs: Literal["granted", "not_denied"] = "not_denied"
    denied: Hold | None = None
    otherwise: Hold | None = None


class MarketSize(Section):
    """How large both departments believe the market to be."""

    accounts: Employees


class Segment(Section):
    """A part of the market; the first whose condition holds is the lead's."""

    name: Name
    when: WhenOnMarket = None


class SetAside(Section):
    """Leads that are nobody's MQL: they go to a desk, or to whoever already answers for them."""

    model_config = exactly_one_of("hold", "to")

    name: Name
    when: WhenBeforeScore
    hold: Name | None = None
    to: Destination | None = None
    tell: Whom | None = None
    counts_as: Name | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "SetAside":
        if (self.hold is None) == (self.to is None):
            raise ValueError("expected either `hold: <desk>` or `to: <team or person>`, and not both")
        return self


class Market(Section):
    """The market both departments believe in."""

    size: MarketSize | None = None
    segments: list[Segment] = Field(default_factory=list)
    set_aside: list[SetAside] = Field(default_factory=list)
