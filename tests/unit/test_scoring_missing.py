"""What a receipt says would do is what does, and the smallest change is named."""

import re
from datetime import datetime, timedelta
from typing import Final

import pytest

from services.scoring.domain.facts import facts_of
from services.scoring.domain.judging import judge
from shared.agreement import Agreement, load_text
from shared.contracts.values import Company, Person
from shared.testing.leads import NOON, activity, captured, recorded
from tests.unit.scoring_lead import TEXT, Told
from tests.unit.test_agreement_defaults import MINIMAL

MORE: Final = """
      - {name: webinar, when: {activity.type: webinar_attended}, points: 45}
      - {name: demo request, when: {activity.type: demo_requested}, points: 50}
      - {name: of a large one, when: {activity.type: called, company.employees: {at_least: 1000}}, points: 90}
"""
LANE: Final = "fast_lane: [{name: asked for a demo, when: {activity.type: demo_requested}}]"
A_DEMO: Final = "one 'asked for a demo' (fast lane) would do"
NOBODY: Final = Person(country="PT")
CLERK: Final = Person(title="Clerk", country="PT")
SMALL: Final = Company(employees=20, industry="retail")


def an_agreement(
    threshold: int = 50, cap: int = 100, *, weight: str = "0.4", has_lane: bool = True
) -> Agreement:
    text = TEXT.replace("      - {name: unsubscribed", f"{MORE.strip(chr(10))}\n      - {{name: unsubscribed")
    text = text.replace("score_at_least: 50", f"score_at_least: {threshold}").replace(
        "cap: 100", f"cap: {cap}"
    )
    text = text.replace("fit: 0.4, engagement: 0.6", f"fit: {weight}, engagement: {1 - float(weight):.1f}")
    text = text.replace("grade_at_least: C", "grade_at_least: D").replace("cools_below: 45", "cools_below: 1")
    return load_text(text if has_lane else text.replace(LANE, "fast_lane: []"))


def lacks(told: Told, now: datetime = NOON) -> tuple[str, ...]:
    """What a receipt of now says; a lead has none of what changes no score."""
    facts = facts_of(told.lead, told.agreement, now)
    return judge(told.lead, facts, told.agreement, now).said().receipt.missing


def missing(agreement: Agreement, *kinds: str) -> str:
    told = Told(agreement)
    told.hear(captured(person=CLERK, company=SMALL, first=activity(1, "nothing_known")))
    told.hear(*(recorded(seq, kind) for seq, kind in enumerate(kinds, 2)))
    return lacks(told)[0]


def test_the_smallest_change_may_be_a_fast_lane() -> None:
    said = missing(an_agreement(65))
    assert said == f"65 points: the score is 0, an MQL has 65; {A_DEMO}"


def test_what_is_enough_together_is_reckoned_with_the_cap() -> None:
    lacks = "65 points: the score is 0, an MQL has 65"
    assert missing(an_agreement(65, has_lane=False)) == lacks
    by_engagement = an_agreement(65, weight="0.2", has_lane=False)
    assert missing(by_engagement) == f"{lacks}; one 'demo request' and one 'webinar' would do"


def test_what_was_taken_away_is_made_good_first() -> None:
    said = missing(an_agreement(40, weight="0.2", has_lane=False), "email_unsubscribed", "email_unsubscribed")
    assert said == "40 points: the score is 0, an MQL has 40; two 'demo request' and one 'visit' would do"


def test_of_what_can_not_both_be_known_one_is_named() -> None:
    by_size = TEXT.replace(
        "      - {name: size, when: {company.employees: {at_least: 100}}, points: 30}",
        "      - {name: huge, when: {company.employees: {at_least: 1000}}, points: 30}\n"
        "      - {name: tiny, when: {company.employees: {below: 10}}, points: 25}",
    )
    told = Told(load_text(by_size.replace("C: 20}", "C: 44}")))
    told.hear(captured(person=CLERK, company=Company(industry="retail")))
    assert lacks(told)[1] == f"a better fit: the grade is D, an MQL has C; {A_DEMO}"


def test_on_the_fast_lane_nothing_is_missing() -> None:
    told = Told()
    told.hear(captured(person=CLERK, company=SMALL, first=activity(1, "demo_requested")))
    assert (told.lead.mql, told.lead.score, lacks(told)) == (True, 0, ())


@pytest.mark.parametrize(
    ("who", "lacking"),
    [
        (CLERK, ("a better fit: the grade is D, an MQL has C",)),
        (NOBODY, ("a better fit: the grade is D, an MQL has C; 'decision maker' (title unknown)",)),
        (Person(title="Director"), ("country is unknown",)),
        (Person(title="Clerk"), ("a better fit: the grade is D, an MQL has C", "country is unknown")),
    ],
)
def test_what_would_do_for_all_stands_behind_the_last_that_is_missing(
    who: Person, lacking: tuple[str, ...]
) -> None:
    told = Told()
    told.hear(captured(person=who, company=SMALL), recorded(2, "form_submitted"))
    told.hear(recorded(3), recorded(4))
    *others, last = lacking
    join = ", or" if "; " in last else ";"
    assert lacks(told) == (*others, f"{last}{join} {A_DEMO}")


PAGE: Final = "{name: page, when: {activity.type: page_viewed}, points: 30}"
BAD: Final = "{name: bad, when: {activity.type: page_viewed}, points: -20}"
OF_NOBODY: Final = "{name: bad, when: {activity.type: page_viewed, title: missing}, points: -20}"
PRICES: Final = "{name: prices, when: {activity.url: {matches: '/(pricing|plans)(/|$)'}}, points: 60}"
VP: Final = "{name: vp, when: {title: {has_word: vp}}, points: 20}"
TITLE: Final = "{name: title, when: {title: known}, points: -5}"
IS_VP: Final = "title: {has_word: vp}"
COUNTRY: Final = "{name: other, when: {country: US}, points: 20}"
BY_SEGMENT: Final = "{name: big, when: {segment: big}, points: 60}"
DEMO: Final = "{name: demo, when: {activity.type: demo_requested}}"
ASKED: Final = "{name: asked, when: {activity.type: demo_requested}, points: 60}"
EITHER: Final = "{name: bad, when: {activity.type: {in: [page_viewed, demo_requested]}}, points: -20}"
SMALL_TOO: Final = "{name: staff, when: {company.employees: {at_least: 100}}, points: 20}"
NOT_BIG: Final = "{name: no, when: {not: {segment: big}}, points: -30}"
ASIDE: Final = "set_aside: [{name: students, when: {activity.type: demo_requested}, hold: marketing}]"
BIG: Final = "segments: [{name: big, when: {company.employees: {at_least: 1000}}}]"
OF_GRADE_C: Final = "score_at_least: 0, grade_at_least: C"


def small(points: str, mql: str = "score_at_least: 30", market: str = "", **more: str) -> Agreement:
    """One whose rules for what a lead does begin after a bar."""
    fit, _, engagement = points.partition("|")
    text = re.sub("definitions: .*\n", "", MINIMAL) + "desks: {marketing: {owner: maya@acme.example}}\n"
    weights = more.get("weights", "fit: 0, engagement: 1")
    return load_text(f"""{text}market: {{{market}}}
definitions: {{mql: {{{mql}}}, fast_lane: [{more.get("lane", "")}]}}
scoring: {{fit: {{points: [{fit}]}}, engagement: {{points: [{engagement}]}}, score: {{{weights}}}}}
""")


@pytest.mark.parametrize(
    ("agreement", "would_do"),
    [
        # Two rules for one activity: each takes its part.
        (small(f"|{PAGE}, {BAD}"), "three 'page'"),
        (small(f"|{PAGE}, {OF_NOBODY}"), "three 'page'"),
        (small(f"|{PAGE}, {PRICES}", "score_at_least: 50"), "one 'prices'"),
        (small(f"|{PAGE}", "score_at_least: 80"), "three 'page'"),
        # A fact that costs what it brings.
        (small(f"{VP}, {TITLE}, {COUNTRY}|", OF_GRADE_C), ""),
        # What takes a fast lane needs no points.
        (small(f"|{ASKED}", lane=DEMO), "one 'demo' (fast lane)"),
        # Points that only fit can give.
        (small(VP.replace("20", "60"), weights="fit: 0.5, engagement: 0.5"), "'vp' (title unknown)"),
        # What would set it aside.
        (small(f"|{PAGE}", market=ASIDE, lane=DEMO), "one 'page'"),
        (small(f"{VP}, {COUNTRY}|", OF_GRADE_C, ASIDE.replace("activity.type: demo_requested", IS_VP)), ""),
        # What takes points away is no way, though something else that is done with it gives more.
        (small(f"|{EITHER}, {ASKED}"), "one 'asked'"),
        # More than a rule asks for may end what takes points away: nobody promises that.
        (small(f"{SMALL_TOO}, {NOT_BIG}|", OF_GRADE_C, BIG), ""),
        # A segment is known by what it asks for.
        (small(f"{BY_SEGMENT}|", OF_GRADE_C, BIG), "'big' (company.employees unknown)"),
    ],
)
def test_what_is_offered_was_tried(agreement: Agreement, would_do: str) -> None:
    told = Told(agreement)
    told.hear(captured(person=Person(country="PT"), company=Company(), first=activity(1, "nothing_known")))
    assert lacks(told)[-1].partition("; ")[2] == (f"{would_do} would do" if would_do else "")


def test_what_is_too_late_by_now_is_offered_no_more() -> None:
    asked = "{captured.at: {within: 3d}, company.employees: {at_least: 100}}"
    told = Told(small(f"{{name: new and big, when: {asked}, points: 60}}|", OF_GRADE_C))
    told.hear(captured(person=CLERK, company=Company()))
    short = "a better fit: the grade is D, an MQL has C"
    assert lacks(told) == (f"{short}; 'new and big' (company.employees unknown) would do",)
    assert lacks(told, NOON + timedelta(days=4)) == (short,)


def test_what_was_taken_away_and_has_faded_may_be_taken_away_again() -> None:
    once = BAD.replace("points: -20", "points: -20, at_most: 20 per 3650d")
    told = Told(small(f"|{PAGE}, {once}", "score_at_least: 35"))
    told.hear(captured(person=CLERK, company=SMALL, first=activity(1, "nothing_known")))
    told.hear(recorded(2, "page_viewed", at=NOON - told.agreement.half_life))
    assert lacks(told) == ("30 points: the score is 5, an MQL has 35; two 'page' would do",)


def test_who_is_outside_of_all_segments_is_offered_none() -> None:
    told = Told(small(f"{BY_SEGMENT}|", OF_GRADE_C, BIG))
    told.hear(captured(person=CLERK, company=Company(employees=10)))
    assert lacks(told) == ("a better fit: the grade is D, an MQL has C",)


def test_points_that_go_with_what_is_required_are_not_counted() -> None:
    hidden, german = (
        f"{{name: {where}, when: {{country: {where}}}, points: 20}}" for where in ("missing", "DE")
    )
    told = Told(small(f"{hidden}, {german}|", f"{OF_GRADE_C}, requires: [country]"))
    told.hear(captured(person=Person(), company=Company()))
    assert lacks(told) == (
        "a better fit: the grade is D with country known, an MQL has C",
        "country is unknown; 'DE' (country unknown) would do",
    )
