"""The demand plan: from the revenue wanted back to the inquiries needed, by month, by source; and the reps.

Everything is exact until it is rounded up to whole leads. Parts of a whole number are rounded by the largest
remainder, so that they add up to it exactly.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, TypeAlias

from shared.agreement.written.measured import Rates, Source, Targets, origins

STAGES: Final = ("inquiry", "mql", "sal", "sql", "opportunity", "won")
"""From the first to the last; each but the first is reached by a share of those before it."""

EVERYBODY: Final = "all"
"""The one source of a plan whose agreement names none."""

_RATE_INTO: Final = {
    "won": "opportunity_to_won",
    "opportunity": "sql_to_opportunity",
    "sql": "sal_to_sql",
    "sal": "mql_to_sal",
    "mql": "inquiry_to_mql",
}
_AFTER_MQL: Final = ("sal", "sql", "opportunity", "won")
_WORKING_DAYS_OF_A_WEEK: Final = 5

Exact: TypeAlias = Mapping[str, Fraction]
Whole: TypeAlias = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FromSource:
    """What one source brings, by stage; `delivered_by` answers for it. Its leads come from `origins`."""

    name: str
    share: Fraction
    delivered_by: str | None
    origins: tuple[str, ...]
    exact: Exact
    whole: Whole


@dataclass(frozen=True, slots=True)
class InMonth:
    """What one month brings, by stage. `days` are those of the month in which leads are counted."""

    first: date
    days: int
    whole: Whole


@dataclass(frozen=True, slots=True)
class Plan:
    """Leads come from `leads_from` to `leads_to`, one sales cycle before the period of the deals."""

    targets: Targets
    leads_from: date
    leads_to: date
    exact: Exact
    whole: Whole
    sources: tuple[FromSource, ...]
    months: tuple[InMonth, ...]

    @property
    def days(self) -> int:
        """The days in which leads come, both ends counted."""
        return (self.leads_to - self.leads_from).days + 1

    @property
    def working_days(self) -> int:
        """Five days of seven, at least one. Holidays are not left out: whose they are, the roster says."""
        return max(1, self.days * _WORKING_DAYS_OF_A_WEEK // 7)


@dataclass(frozen=True, slots=True)
class Reps:
    """How many reps it takes to work the MQLs, if each has at most `open_leads`, for `days_held` each."""

    open_leads: int
    days_held: int
    leads_per_day: Fraction
    exact: Fraction
    whole: int


def plan_of(targets: Targets) -> Plan:
    """The plan that reaches the targets."""
    parts = dict(targets.sources) or {EVERYBODY: Source(share=Fraction(1))}
    rates = [_rates_of(source, targets.rates) for source in parts.values()]
    shares = [source.share for source in parts.values()]
    deals = Fraction(str(targets.revenue)) / Fraction(str(targets.average_deal))
    yields = [share * _product(rate, _AFTER_MQL) for share, rate in zip(shares, rates, strict=True)]
    mqls = deals / sum(yields)
    whole_mqls = apportion(math.ceil(mqls), shares)
    by_source = [
        _stages(mqls * share, whole, rate)
        for share, whole, rate in zip(shares, whole_mqls, rates, strict=True)
    ]
    exact = {stage: sum((one[stage] for one in by_source), Fraction(0)) for stage in STAGES}
    whole = {stage: math.ceil(exact[stage]) for stage in STAGES}
    leads_from = targets.period.from_ - _days(targets.period.sales_cycle)
    leads_to = targets.period.to - _days(targets.period.sales_cycle)
    return Plan(
        targets=targets,
        leads_from=leads_from,
        leads_to=leads_to,
        exact=exact,
        whole=whole,
        sources=_sources(parts, by_source, whole),
        months=_months(leads_from, leads_to, whole),
    )


def apportion(total: int, weights: Sequence[Fraction | int]) -> list[int]:
    """`total` in whole parts by weight, by the largest remainder; of equal ones the first gets it."""
    of_all = sum(weights)
    if not of_all:
        return [total, *(0 for _ in weights[1:])]
    quotas = [Fraction(total) * weight / of_all for weight in weights]
    parts = [math.floor(quota) for quota in quotas]
    by_remainder = sorted(range(len(quotas)), key=lambda index: parts[index] - quotas[index])
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def reps_for(plan: Plan, open_leads: int, days_held: int) -> Reps:
    """The reps who can work the plan's MQLs: each takes `open_leads` / `days_held` new ones a working day."""
    a_day = Fraction(open_leads, days_held)
    exact = Fraction(plan.whole["mql"], plan.working_days) / a_day
    return Reps(open_leads, days_held, a_day, exact, math.ceil(exact))


def planned_by(plan: Plan, stage: str, end_of: date, source: FromSource | None = None) -> Fraction:
    """How many the plan wants from its first day to the end of a day; evenly within a month.

    Of a `source` its part, the same on every day: the parts add up to the whole.
    """
    wanted = Fraction(0)
    for month in plan.months:
        begun = (end_of - month.first).days + 1
        wanted += month.whole[stage] * Fraction(min(max(begun, 0), month.days), month.days)
    return wanted if source is None else wanted * Fraction(source.whole[stage], plan.whole[stage])


def falls_short_on(
    plan: Plan,
    stage: str,
    so_far: int,
    per_day: Fraction,
    today: date,
    source: FromSource | None = None,
) -> date | None:
    """The first day, from today on, at whose end the pace is behind the plan; None if it never is."""
    for ahead in range(max(0, (plan.leads_to - today).days) + 1):
        if so_far + per_day * ahead < planned_by(plan, stage, today + timedelta(days=ahead), source):
            return today + timedelta(days=ahead)
    return None


def _rates_of(source: Source, usual: Rates) -> dict[str, Fraction]:
    return dict(usual) | {name: rate for name, rate in source.rates if rate is not None}


def _product(rates: Mapping[str, Fraction], stages: Sequence[str]) -> Fraction:
    return math.prod((rates[_RATE_INTO[stage]] for stage in stages), start=Fraction(1))


def _stages(mqls: Fraction, whole_mqls: int, rates: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """What one source brings, exactly; its inquiries make up its whole MQLs."""
    found = {"inquiry": Fraction(whole_mqls) / rates["inquiry_to_mql"], "mql": mqls}
    for stage in _AFTER_MQL:
        mqls *= rates[_RATE_INTO[stage]]
        found[stage] = mqls
    return found


def _sources(parts: Mapping[str, Source], by_source: Sequence[Exact], whole: Whole) -> tuple[FromSource, ...]:
    split = {stage: apportion(whole[stage], [one[stage] for one in by_source]) for stage in STAGES}
    return tuple(
        FromSource(
            name=name,
            share=source.share,
            delivered_by=source.delivered_by,
            origins=origins(name, source),
            exact=by_source[index],
            whole={stage: split[stage][index] for stage in STAGES},
        )
        for index, (name, source) in enumerate(parts.items())
    )


def _months(first: date, last: date, whole: Whole) -> tuple[InMonth, ...]:
    """By the month in which the leads come, in proportion to its days; also what becomes of them later."""
    spans = _spans(first, last)
    split = {stage: apportion(whole[stage], [days for _, days in spans]) for stage in STAGES}
    return tuple(
        InMonth(start, days, {stage: split[stage][index] for stage in STAGES})
        for index, (start, days) in enumerate(spans)
    )


def _spans(first: date, last: date) -> list[tuple[date, int]]:
    """The first day and the number of days of each month, or part of one, between two days."""
    spans = []
    while first <= last:
        next_month = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        spans.append((first, (min(next_month, last + timedelta(days=1)) - first).days))
        first = next_month
    return spans


def _days(length: timedelta) -> timedelta:
    return timedelta(days=length.days)
