"""What sales says and offers, and what both departments are measured by."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from shared.agreement.written.common import (
    Amount,
    Count,
    Day,
    Duration,
    Name,
    Names,
    Percentage,
    Person,
    Section,
    Share,
    WhenOnPlaybook,
)


class Playbook(Section):
    """What the rep sees beside the lead."""

    segment: Name | None = None
    when: WhenOnPlaybook = None
    offer: Annotated[str, Field(min_length=1, max_length=500)]
    say: Annotated[str, Field(max_length=4_000)] = ""
    send: Names = ()
    approved_by: Person | None = None
    until: Day | None = None


class Period(Section):
    """The time for which the targets hold, and how long a deal takes."""

    from_: Day = Field(alias="from")
    to: Day
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    sales_cycle: Duration

    @model_validator(mode="after")
    def _forward(self) -> "Period":
        if self.to < self.from_:
            raise ValueError(f"the period ends ({self.to}) before it begins ({self.from_})")
        return self


def _above_zero(rate: Fraction) -> Fraction:
    if rate == 0:
        raise ValueError("a rate of 0 would need endlessly many leads; give one above 0")
    return rate


Rate = Annotated[
    Share,
    AfterValidator(_above_zero),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
]


class Rates(Section):
    """The share of each stage that reaches the next."""

    opportunity_to_won: Rate
    sql_to_opportunity: Rate
    sal_to_sql: Rate
    mql_to_sal: Rate
    inquiry_to_mql: Rate


class OwnRates(Section):
    """The rates in which a source differs from all the others."""

    opportunity_to_won: Rate | None = None
    sql_to_opportunity: Rate | None = None
    sal_to_sql: Rate | None = None
    mql_to_sal: Rate | None = None
    inquiry_to_mql: Rate | None = None


class Source(Section):
    """The share of MQLs that one source brings, who sees to it, and its own rates.

    `leads_from`: what its leads come from, or count as; without, what is called as the source is.
    """

    share: Share
    delivered_by: Person | None = None
    leads_from: Names = ()
    rates: OwnRates = Field(default_factory=OwnRates)


def _as_source(value: object) -> object:
    return {"share": value} if isinstance(value, int | float | str) else value


def _whole(sources: dict[str, Source]) -> dict[str, Source]:
    total = sum((source.share for source in sources.values()), Fraction(0))
    if sources and total != 1:
        raise ValueError(f"expected the shares to add up to 1, found {float(total):g}")
    return sources


def _each_once(sources: dict[str, Source]) -> dict[str, Source]:
    of: dict[str, str] = {}
    for source in sources:
        for origin in origins(source, sources[source]):
            if of.setdefault(origin, source) != source:
                raise ValueError(f"leads from '{origin}' stand under '{of[origin]}' and '{source}'; keep one")
    return sources


def origins(name: str, source: Source) -> tuple[str, ...]:
    """What the leads of a source come from, as they themselves name it."""
    return source.leads_from or (name,)


OneSource = Annotated[Source, BeforeValidator(_as_source, json_schema_input_type=Source | Share)]
Sources = Annotated[dict[Name, OneSource], AfterValidator(_whole), AfterValidator(_each_once)]


class Targets(Section):
    """What the period should bring."""

    period: Period
    revenue: Amount
    average_deal: Amount
    rates: Rates
    sources: Sources = Field(default_factory=dict)


class MarketingDuties(Section):
    """What marketing owes sales."""

    volume: Percentage | None = None
    complete: Percentage | None = None
    answers_rejects_within: Duration | None = None


class SalesDuties(Section):
    """What sales owes marketing."""

    accepted_on_time: Percentage | None = None
    touched_on_time: Percentage | None = None


class Missed(Section):
    """What happens when a duty is missed for some weeks in a row."""

    weeks: Count
    do: Literal["open_dispute"] = "open_dispute"


class Duties(Section):
    """Both sides' duties, measured the same way."""

    marketing: MarketingDuties = Field(default_factory=MarketingDuties)
    sales: SalesDuties = Field(default_factory=SalesDuties)
    missed: Missed | None = None
