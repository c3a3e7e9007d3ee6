"""What became of leads is counted once a round, and a higher score that means less raises an alarm."""

from collections import Counter

import pytest

from services.scoring.domain.calibration import Key, alarms, band_of, keys_of, rows_of
from services.scoring.domain.contest import contest, doubts
from shared.agreement import load_text
from shared.contracts.envelope import Event
from shared.contracts.routing import LeadAccepted, LeadRejected, LeadSalesQualified, LeadWon
from shared.contracts.values import Company
from shared.effects import CommandRefused
from shared.testing.leads import NOON, activity, captured, lead_id, recorded
from tests.unit.scoring_lead import AGREEMENT, TEXT, Told, assigned, recycled

ACCEPTED = LeadAccepted(by="rita@acme.example")
QUALIFIED = LeadSalesQualified(by="rita@acme.example", answers={})
WON = LeadWon(by="rita@acme.example")
FROM_ONE_ON_TEXT = TEXT.replace("when: {company.employees: known}", "when: {company.employees: {above: 0}}")
FROM_ONE_ON = load_text(FROM_ONE_ON_TEXT)
REJECTED = LeadRejected(by="rita@acme.example", reason="wrong-team", what_follows="reroute")


def came_of(*events: Event) -> list[str]:
    told = Told()
    told.hear(captured(), *events)
    return [outcome.what for outcome in told.outcomes]


# ---- once a lead and round


def test_each_outcome_counts_once_however_often_it_is_said() -> None:
    assert came_of(assigned(), ACCEPTED, ACCEPTED, QUALIFIED, QUALIFIED, WON) == ["accepted", "sql", "won"]


def test_in_the_next_round_it_counts_again() -> None:
    back = assigned(number=4, rounds=1)
    assert came_of(assigned(), ACCEPTED, recycled(), back, ACCEPTED) == ["accepted", "accepted"]


def test_another_rep_is_no_other_round() -> None:
    assert came_of(assigned(), ACCEPTED, assigned(number=3, kind="move"), ACCEPTED) == ["accepted"]


def test_what_never_was_with_sales_does_not_count() -> None:
    assert came_of(WON) == []


def test_it_counts_with_the_score_with_which_sales_got_it() -> None:
    told = Told()
    told.hear(captured(), assigned(), recorded(2, "form_submitted"), ACCEPTED)
    assert told.lead.receipts == 2
    assert told.outcomes[0].handed == 1


def test_a_lead_counts_by_all_that_its_score_was_made_of() -> None:
    told = Told()
    told.hear(captured(first=activity(1, "demo_requested")), assigned(), REJECTED)
    assert {(key.by, key.value) for key in keys_of(told.kept[0], told.outcomes[0], AGREEMENT)} == {
        ("band", "30-39"),
        ("grade", "A"),
        ("segment", "small"),
        ("source", "website"),
        *(("rule", name) for name in ("decision maker", "industry", "size", "asked for a demo")),
    }
    assert {key.reason for key in keys_of(told.kept[0], told.outcomes[0], AGREEMENT)} == {"wrong-team"}


@pytest.mark.parametrize(
    ("employees", "segment"), [(5000, "large"), (50, "small"), (None, "unknown"), (0, "outside")]
)
def test_outside_the_market_is_another_place_than_nobody_knows(employees: int | None, segment: str) -> None:
    told = Told(FROM_ONE_ON)
    told.hear(captured(company=Company(employees=employees, industry="software")), assigned(), ACCEPTED)
    keys = keys_of(told.kept[0], told.outcomes[0], FROM_ONE_ON)
    assert [key.value for key in keys if key.by == "segment"] == [segment]


@pytest.mark.parametrize(("score", "band"), [(0, "00-09"), (59, "50-59"), (60, "60-69"), (100, "90-99")])
def test_a_band_is_ten_points(score: int, band: str) -> None:
    assert band_of(score) == band


# ---- is the score right


def counted(**bands: tuple[int, int]) -> dict[Key, int]:
    """Of each band so many accepted and rejected."""
    return {
        Key("scored@1", "band", band.removeprefix("b").replace("_", "-"), outcome, ""): leads
        for band, both in bands.items()
        for outcome, leads in zip(("accepted", "rejected"), both, strict=True)
    }


def test_a_higher_band_that_is_accepted_less_often_raises_an_alarm() -> None:
    [alarm] = alarms(rows_of(counted(b50_59=(80, 20), b80_89=(40, 60))))
    assert alarm.sentence == (
        "40% of the leads scored 80-89 are accepted, and 80% of those scored 50-59:"
        " the higher score means less"
    )


def test_a_higher_band_that_is_accepted_more_often_is_as_it_should_be() -> None:
    assert alarms(rows_of(counted(b50_59=(40, 60), b80_89=(80, 20)))) == []


def test_what_may_be_chance_raises_no_alarm() -> None:
    assert alarms(rows_of(counted(b50_59=(52, 48), b80_89=(48, 52)))) == []


def test_few_leads_show_nothing() -> None:
    assert alarms(rows_of(counted(b50_59=(19, 0), b80_89=(0, 19)))) == []


def test_only_the_version_that_is_asked_for_is_shown() -> None:
    assert rows_of(counted(b50_59=(1, 1)), "scored@2") == []
    assert len(rows_of(counted(b50_59=(1, 1)), "scored@1")) == 1


def test_a_row_says_the_share_of_each_outcome() -> None:
    [row] = rows_of(counted(b50_59=(3, 1)))
    assert row.share("accepted", ("accepted", "rejected")) == 0.75
    assert row.share("sql", ("nothing",)) is None


def test_what_was_won_without_being_accepted_is_no_share_of_the_accepted() -> None:
    counted = Counter[Key]()
    for events in ((ACCEPTED, QUALIFIED, WON), (QUALIFIED, WON), (ACCEPTED,)):
        told = Told()
        told.hear(captured(), assigned(), *events)
        for outcome in told.outcomes:
            counted.update(keys_of(told.kept[0], outcome, AGREEMENT))
    [row] = (row for row in rows_of(counted) if row.by == "grade")
    assert row.outcomes == {"accepted": 2, "sql": 2, "won": 2}
    assert (row.share("sql", ("accepted",)), row.share("won", ("accepted",))) == (0.5, 0.5)
    assert row.reasons == {"sql: not accepted": 1, "won: not accepted": 1}


def test_no_share_is_above_all_where_a_version_in_between_asks_for_more() -> None:
    asks_more = load_text(
        FROM_ONE_ON_TEXT.replace("{company.employees: {at_least: 1000}}", "{company.industry: known}")
    )
    counted = Counter[Key]()
    for then in (FROM_ONE_ON, asks_more):
        told = Told(FROM_ONE_ON)
        told.hear(captured(company=Company(employees=0)), assigned(), ACCEPTED, WON)
        accepted, won = told.outcomes
        counted.update(keys_of(told.kept[0], accepted, then) + keys_of(told.kept[0], won, FROM_ONE_ON))
    [row] = (row for row in rows_of(counted) if (row.by, row.value) == ("segment", "outside"))
    assert row.outcomes == {"accepted": 1, "won": 2}
    assert row.share("won", ("accepted",)) == 1.0


def test_who_was_accepted_in_an_earlier_round_is_not_accepted_in_this_one() -> None:
    told = Told()
    told.hear(captured(), assigned(), ACCEPTED, recycled(), assigned(number=4, rounds=1), WON)
    assert [outcome.accepted for outcome in told.outcomes] == [False, False]


def test_no_alarm_compares_what_was_never_accepted() -> None:
    def band(value: str, accepted: int, sql: int, reason: str = "") -> dict[Key, int]:
        return {
            Key("scored@1", "band", value, "accepted", ""): accepted,
            Key("scored@1", "band", value, "sql", reason): sql,
        }

    higher = band("80-89", 100, 50)
    assert alarms(rows_of({**band("50-59", 100, 90), **higher})) != []
    assert alarms(rows_of({**band("50-59", 100, 90, "not accepted"), **higher})) == []


# ---- contests


def test_a_line_is_contested_by_the_rule_that_it_names() -> None:
    told = Told()
    told.hear(captured())
    contested = contest(lead_id(), told.kept[0], "size", "rita@acme.example", "they are five people", NOON)
    assert contested.said == "+30: company.employees is at least 100 — 120"
    assert contested.agreement == "scored@1"


def test_a_line_that_is_not_there_can_not_be_contested() -> None:
    told = Told()
    told.hear(captured())
    with pytest.raises(CommandRefused, match="no line 'seize'; its lines are: 'form', 'decision maker'"):
        contest(lead_id(), told.kept[0], "seize", "rita@acme.example", "", NOON)


def test_doubts_are_listed_by_rule_with_its_rejects_the_most_doubted_first() -> None:
    told = Told()
    told.hear(captured(), assigned(), REJECTED)
    keys = Counter(keys_of(told.kept[0], told.outcomes[0], AGREEMENT))
    contested = contest(lead_id(), told.kept[0], "size", "rita@acme.example", "they are five people", NOON)
    first, *others = doubts([contested], keys)
    assert (first.line, first.rejects, first.contests) == ("size", {"wrong-team": 1}, (contested,))
    assert sorted(doubt.line for doubt in others) == ["decision maker", "form", "industry"]
