"""The best that a lead can reach, and the shortest ways to an MQL."""

from fractions import Fraction
from pathlib import Path

import pytest

from shared.agreement import Agreement, AgreementInvalid, load, load_text
from shared.agreement.building.score import ScoreWeights
from shared.agreement.checks import ways as ways_there
from shared.agreement.checks.kinds import Lead
from shared.agreement.checks.reach import best_of
from shared.agreement.checks.ways import shortest_ways
from tests.unit.test_agreement_defaults import MINIMAL

AGREEMENTS = Path(__file__).parents[2] / "agreements"


def scoring(points: str, activities: str = "", mql: str = "score_at_least: 20") -> str:
    text = MINIMAL.replace("definitions: {", f"definitions: {{mql: {{{mql}}}, ")
    return text + f"scoring: {{fit: {{points: [{points}]}}, engagement: {{points: [{activities}]}}}}\n"


def best_fit(points: str) -> tuple[int, tuple[str, ...]]:
    agreement = load_text(scoring(points, mql="score_at_least: 0"))
    best = best_of(agreement.written, agreement.conditions)
    return best.fit, best.fit_rules


LARGE = "{name: large, when: {company.employees: {at_least: 1000}}, points: 30}"
MEDIUM = "{name: medium, when: {company.employees: {at_least: 100, below: 1000}}, points: 20}"
FREE = "{name: free, when: {email.is_free: true}, points: -20}"
COMPANY = "{name: company, when: {email.is_free: false}, points: 10}"
HEAD = "{name: head, when: {title: {has_word: head}}, points: 40}"


@pytest.mark.parametrize(
    ("points", "fit", "rules"),
    [
        (f"{LARGE}, {MEDIUM}", 30, ("large",)),
        (f"{LARGE}, {HEAD}", 70, ("large", "head")),
        (f"{FREE}, {COMPANY}", 10, ("company",)),
        (f"{HEAD}, {{name: any title, when: {{title: known}}, points: -50}}", 0, ()),
        ("{name: rest, when: {country: US}, points: -5}", 0, ()),
        (f"{HEAD}, {{name: refused, when: {{consent: denied}}, points: 50}}", 40, ("head",)),
    ],
)
def test_only_what_holds_together_counts(points: str, fit: int, rules: tuple[str, ...]) -> None:
    assert best_fit(points) == (fit, rules)


def test_what_an_mql_requires_is_known_of_the_best_lead() -> None:
    unknown = "{name: hidden, when: {country: missing}, points: 15}"
    assert best_fit(unknown)[0] == 15
    agreement = load_text(scoring(unknown, mql="score_at_least: 0, requires: [country]"))
    assert best_of(agreement.written, agreement.conditions).fit == 0


def test_a_threshold_that_only_contradictory_rules_reach_is_refused() -> None:
    text = scoring(f"{LARGE}, {MEDIUM}", mql="score_at_least: 15")
    with pytest.raises(AgreementInvalid, match="no lead can reach 15: the best score the points allow is 12"):
        load_text(text)
    load_text(text.replace("score_at_least: 15", "score_at_least: 12"))


def test_points_with_a_cap_reach_no_more_than_two_full_windows_and_what_has_faded() -> None:
    click = "{name: click, when: {activity.type: email_clicked}, points: 5, at_most: 15 per 7d}"
    agreement = load_text(scoring(HEAD, click))
    # 15 now, 15 a moment before the window opened, and half a half-life further back each time.
    assert best_of(agreement.written, agreement.conditions).engagement == 66
    free = load_text(scoring(HEAD, click.replace(", at_most: 15 per 7d", "")))
    assert best_of(free.written, free.conditions).engagement == 100


@pytest.fixture(scope="module")
def starter() -> Agreement:
    return load(AGREEMENTS / "starter.yaml")


def test_the_starter_has_three_ways(starter: Agreement) -> None:
    assert [str(way) for way in shortest_ways(starter)] == [
        "asked for a demo (fast lane, whatever the score)",
        "asked to be called (fast lane, whatever the score)",
        "decision maker + company address + 2 × form: score 56, grade B",
    ]


@pytest.mark.parametrize("name", ["starter.yaml", "small.yaml", "demo.yaml", "large/agreement.yaml"])
def test_every_way_is_one_and_no_part_of_it_is(name: str) -> None:
    agreement = load(AGREEMENTS / name)
    ways = shortest_ways(agreement, 20)
    assert [way.steps for way in ways] == sorted(way.steps for way in ways)
    for way in ways:
        assert way.fast_lane or way.score >= agreement.mql.score_at_least
        assert way.fast_lane or way.grade <= agreement.mql.grade_at_least
        others = [other for other in ways if other is not way]
        assert not any(
            set(other.fit) <= set(way.fit)
            and all(other.activities.count(act) <= way.activities.count(act) for act in other.activities)
            for other in others
            if not other.fast_lane and not way.fast_lane
        )


def test_facts_that_exclude_each_other_are_no_way() -> None:
    text = scoring(f"{LARGE}, {MEDIUM}, {HEAD}", mql="score_at_least: 20, grade_at_least: B")
    ways = [set(way.fit) for way in shortest_ways(load_text(text), 9) if not way.fast_lane]
    assert ways == [{"large", "head"}, {"medium", "head"}]


@pytest.mark.parametrize(
    ("fit", "engagement", "score"),
    [(0, 0, 0), (130, 100, 100), (-40, 50, 30), (50, -5, 20), (1, 0, 0), (2, 0, 1)],
)
def test_each_part_of_a_score_counts_from_0_to_100(fit: int, engagement: int, score: int) -> None:
    assert ScoreWeights(Fraction(2, 5), Fraction(3, 5)).score_of(fit, engagement) == score


def ways(text: str) -> list[str]:
    return [str(way) for way in shortest_ways(load_text(text), 9) if not way.fast_lane]


PAGE = "{name: page, when: {activity.type: page_viewed}, points: 20}"
PRICING = "{name: pricing, when: {activity.url: {contains: /pricing}}, points: 40}"


def test_thousands_of_kinds_are_not_compared_each_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Lead] = []
    plainest = ways_there._plainest

    def counted(lead: Lead) -> tuple[int, int]:
        asked.append(lead)
        return plainest(lead)

    monkeypatch.setattr(ways_there, "_plainest", counted)
    words = [f"{{name: w{n}, when: {{title: {{has_word: w{n}}}}}, points: 5}}" for n in range(20)]
    words += [
        f"{{name: {c}, when: {{country: {c}}}, points: 5}}" for c in ("US", "GB", "DE", "FR", "ES", "IT")
    ]
    both = "{name: both, when: {title: {has_word: w1}, country: US}, points: 5}"
    assert ways(scoring(", ".join([*words, both]), PAGE, "score_at_least: 30"))
    kinds = len({id(lead) for lead in asked})
    assert kinds > 1000
    assert len(asked) < 5 * kinds


def test_one_activity_under_two_rules_is_one_step() -> None:
    assert ways(scoring("", f"{PAGE}, {PRICING}", mql="score_at_least: 36")) == [
        "pricing (also page): score 36, grade D",
        "3 × page: score 36, grade D",
    ]


def test_a_way_has_what_an_mql_requires() -> None:
    points = f"{HEAD}, {{name: nobody, when: {{company.name: missing}}, points: 60}}"
    assert ways(scoring(points, mql="score_at_least: 16")) == [
        "nobody: score 24, grade B",
        "head: score 16, grade C",
    ]
    assert ways(scoring(points, mql="score_at_least: 16, requires: [company.name]")) == [
        "head: score 16, grade C"
    ]


def test_what_takes_points_away_and_can_not_be_avoided_is_part_of_the_way() -> None:
    points = f"{HEAD}, {{name: any title, when: {{title: known}}, points: -5}}"
    assert ways(scoring(points, mql="score_at_least: 14")) == ["head + any title: score 14, grade C"]


def test_a_fast_lane_that_nobody_takes_is_no_way() -> None:
    aside = (
        "market: {set_aside: [{name: students, when: {activity.type: demo_requested}, hold: marketing}]}\n"
    )
    text = scoring(HEAD, mql="score_at_least: 10") + aside
    assert [way.fast_lane for way in shortest_ways(load_text(text))] == [""]


CUSTOMER = "{name: customer, when: {account.relation: customer}, points: 100}"
SET_ASIDE = "market: {set_aside: [{name: theirs, when: {account.relation: customer}, hold: marketing}]}\n"
BIG = "market: {segments: [{name: big, when: {company.employees: {at_least: 1000}}}]}\n"


BAD = "{name: bad, when: {activity.type: page_viewed}, points: -30}"
BAD_ONCE = BAD.replace("-30", "-15, at_most: 15 per 7d")
US = "{name: us, when: {country: US}, points: 50}"
GERMAN = "{name: german, when: {country: DE}, points: 30}"
OF_BIG = "{name: of big ones, when: {segment: big}, points: 60}"
SMALL = "{name: small, when: {company.employees: {below: 10}}, points: 40}"


@pytest.mark.parametrize(
    ("points", "activities", "more", "score"),
    [
        ("", f"{PAGE}, {BAD}", "", 0),
        ("", f"{PAGE}, {BAD_ONCE}", "", 60),
        (f"{CUSTOMER}, {HEAD}", "", SET_ASIDE, 16),
        (US, GERMAN, "", 60),
        (f"{OF_BIG}, {SMALL}", "", BIG, 24),
    ],
)
def test_the_best_score_is_one_that_a_lead_can_have(
    points: str, activities: str, more: str, score: int
) -> None:
    text = scoring(points, activities, mql=f"score_at_least: {score}") + more
    agreement = load_text(text)
    assert best_of(agreement.written, agreement.conditions).score == score
    with pytest.raises(AgreementInvalid, match=f"the best score the points allow is {score}"):
        load_text(text.replace(f"score_at_least: {score}", f"score_at_least: {score + 1}"))


def test_the_most_is_what_is_left_of_a_cap_after_what_goes_with_it() -> None:
    page = PAGE.replace("}, points: 20", "}, points: 20, at_most: 20 per 7d")
    bad = "{name: bad, when: {activity.type: page_viewed}, points: -10}"
    agreement = load_text(scoring(HEAD, f"{page}, {bad}"))
    # Half of 20 now, of 20 a moment ago, and of what has faded.
    assert best_of(agreement.written, agreement.conditions).engagement == 44


def test_a_score_is_exact_and_half_a_point_is_a_whole_one() -> None:
    weights = ScoreWeights(Fraction(1, 8), Fraction(7, 8))
    assert [weights.score_of(fit, 0) for fit in (3, 4, 11, 12)] == [0, 1, 1, 2]
    assert [weights.score_of(0, engagement) for engagement in (4, 12)] == [4, 11]
