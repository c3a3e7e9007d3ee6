"""The demand plan: the example of the design to the digit, and whole numbers that always add up."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.agreement import AgreementInvalid, load_text
from shared.agreement.plan import (
    STAGES,
    FromSource,
    Plan,
    apportion,
    falls_short_on,
    plan_of,
    planned_by,
    reps_for,
)
from shared.agreement.written.measured import Targets
from tests.unit.test_agreement_whole import LISTS, WHOLE

SHARES = "sources: {marketing: 0.6, sales_prospecting: 0.3, partners: 0.1}"


def planned(*edits: tuple[str, str]) -> Plan:
    text = WHOLE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    targets = load_text(text, lists=LISTS).written.targets
    assert targets is not None
    return plan_of(targets)


def test_the_example_has_its_numbers() -> None:
    plan = planned()
    exact = [round(float(plan.exact[stage]), 1) for stage in ("won", "opportunity", "sql", "sal", "mql")]
    assert exact == [50.0, 227.3, 378.8, 757.6, 1082.3]
    assert (plan.whole["mql"], plan.whole["inquiry"]) == (1083, 7220)
    assert {one.name: one.whole["mql"] for one in plan.sources} == {
        "marketing": 650,
        "sales_prospecting": 325,
        "partners": 108,
    }
    reps = reps_for(plan, open_leads=40, days_held=15)
    assert plan.working_days == 65
    assert (round(float(reps.leads_per_day), 1), round(float(reps.exact), 1), reps.whole) == (2.7, 6.2, 7)


def test_leads_come_one_sales_cycle_before_the_deals() -> None:
    plan = planned()
    assert (plan.leads_from, plan.leads_to) == (date(2026, 8, 17), date(2026, 11, 16))
    assert [(month.first, month.days) for month in plan.months] == [
        (date(2026, 8, 17), 15),
        (date(2026, 9, 1), 30),
        (date(2026, 10, 1), 31),
        (date(2026, 11, 1), 16),
    ]
    assert [month.whole["mql"] for month in plan.months] == [177, 353, 365, 188]


def test_a_source_has_its_own_rates() -> None:
    own = SHARES.replace("partners: 0.1", "partners: {share: 0.1, rates: {opportunity_to_won: 0.44}}")
    plan, usual = planned((SHARES, own)), planned()
    partners = plan.sources[-1]
    assert partners.exact["won"] == partners.exact["opportunity"] * Fraction(44, 100)
    assert sum(one.exact["won"] for one in plan.sources) == 50
    assert plan.whole["mql"] < usual.whole["mql"]


def test_without_sources_everything_comes_from_one() -> None:
    [one] = planned((SHARES, "sources: {}")).sources
    assert (one.name, one.whole["mql"]) == ("all", 1083)


shares = st.lists(st.integers(0, 100), min_size=1, max_size=6).filter(lambda parts: sum(parts) > 0)
rates = st.integers(1, 100).map(lambda hundredths: hundredths / 100)


@given(shares, st.lists(rates, min_size=5, max_size=5), st.integers(1, 10**7), st.integers(1, 800))
def test_months_and_sources_add_up_to_the_whole(
    parts: list[int], chain: list[float], revenue: int, days: int
) -> None:
    names = ("opportunity_to_won", "sql_to_opportunity", "sal_to_sql", "mql_to_sal", "inquiry_to_mql")
    plan = plan_of(
        Targets.model_validate(
            {
                "period": {
                    "from": "2026-10-01",
                    "to": "2027-03-31",
                    "currency": "USD",
                    "sales_cycle": f"{days}d",
                },
                "revenue": float(revenue),
                "average_deal": 24_000.0,
                "rates": dict(zip(names, chain, strict=True)),
                "sources": {
                    str(number): {"share": Fraction(part, sum(parts))} for number, part in enumerate(parts)
                },
            }
        )
    )
    for stage in STAGES:
        assert sum(month.whole[stage] for month in plan.months) == plan.whole[stage]
        assert sum(one.whole[stage] for one in plan.sources) == plan.whole[stage]
        assert 0 <= plan.whole[stage] - plan.exact[stage] < 1
    assert sum(month.days for month in plan.months) == plan.days == 182
    assert plan.whole["inquiry"] >= plan.whole["mql"]


@given(st.integers(0, 10**6), st.lists(st.integers(0, 1000), min_size=1, max_size=9))
def test_no_part_is_a_whole_lead_off_its_share(total: int, weights: list[int]) -> None:
    parts = apportion(total, weights)
    assert sum(parts) == total
    if sum(weights):
        quotas = [Fraction(total * weight, sum(weights)) for weight in weights]
        assert all(abs(part - quota) < 1 for part, quota in zip(parts, quotas, strict=True))


def test_the_plan_grows_evenly_within_a_month() -> None:
    plan = planned()
    assert planned_by(plan, "mql", date(2026, 8, 16)) == 0
    assert planned_by(plan, "mql", date(2026, 8, 31)) == 177
    assert planned_by(plan, "mql", date(2026, 9, 15)) == 177 + Fraction(353, 2)
    assert planned_by(plan, "mql", date(2027, 1, 1)) == 1083


@pytest.mark.parametrize(
    ("so_far", "per_day", "day"),
    [
        (177, 12, None),
        (177, 11, date(2026, 9, 1)),
        (187, 11, date(2026, 9, 14)),
        (100, 50, date(2026, 8, 31)),
        (1083, 0, None),
    ],
)
def test_the_day_on_which_the_pace_falls_short(so_far: int, per_day: int, day: date | None) -> None:
    assert falls_short_on(planned(), "mql", so_far, Fraction(per_day), date(2026, 8, 31)) == day


def test_what_sources_are_to_bring_by_a_day_adds_up_to_the_whole_on_every_day() -> None:
    plan = planned()
    for day in range(95):
        end_of = date(2026, 8, 15) + timedelta(days=day)
        for stage in STAGES:
            parts = [planned_by(plan, stage, end_of, source) for source in plan.sources]
            assert sum(parts) == planned_by(plan, stage, end_of)


def test_each_source_falls_short_on_its_own_day() -> None:
    plan, today = planned(), date(2026, 8, 31)
    marketing, prospecting, partners = plan.sources

    def short(source: FromSource, so_far: int, per_day: int) -> date | None:
        return falls_short_on(plan, "mql", so_far, Fraction(per_day), today, source)

    assert short(marketing, 650, 0) is None, "all of it came already"
    assert short(prospecting, 0, 100) == today
    assert short(partners, 20, 0) == date(2026, 9, 3)


def test_where_the_leads_of_a_source_come_from_is_its_name_unless_said_otherwise() -> None:
    own = SHARES.replace("partners: 0.1", "partners: {share: 0.1, leads_from: [portal, fair]}")
    assert [one.origins for one in planned((SHARES, own)).sources] == [
        ("marketing",),
        ("sales_prospecting",),
        ("portal", "fair"),
    ]


def test_what_leads_come_from_stands_under_one_source_only() -> None:
    twice = SHARES.replace("partners: 0.1", "partners: {share: 0.1, leads_from: [portal, marketing]}")
    with pytest.raises(AgreementInvalid, match="'marketing' stand under 'marketing' and 'partners'"):
        planned((SHARES, twice))
