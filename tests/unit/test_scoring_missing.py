"""What a receipt says would do is what does, and the smallest change is named."""

import re
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.facts import facts_of
from services.scoring.domain.judging import judge
from shared.agreement import Agreement, load_text
from shared.contracts.values import Company, Person
from shared.testing.leads import NOON, activity, captured, recorded
from tests.unit.scoring_lead import TEXT, Told

DOES: Final = {
    "form": "form_submitted",
    "visit": "page_viewed",
    "webinar": "webinar_attended",
    "demo request": "demo_requested",
    "asked for a demo": "demo_requested",
}
MORE: Final = """
      - {name: webinar, when: {activity.type: webinar_attended}, points: 45}
      - {name: demo request, when: {activity.type: demo_requested}, points: 50}
      - {name: of a large one, when: {activity.type: called, company.employees: {at_least: 1000}}, points: 90}
"""
LANE: Final = "fast_lane: [{name: asked for a demo, when: {activity.type: demo_requested}}]"
DIRECTOR: Final = Person(title="Director", country="PT")
NOBODY: Final = Person(country="PT")
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


def lacks(told: Told) -> tuple[str, ...]:
    """What a receipt of now says; a lead has none of what changes no score."""
    facts = facts_of(told.lead, told.agreement, NOON)
    return judge(told.lead, facts, told.agreement, NOON).said().receipt.missing


def ways(sentence: str) -> list[list[str]]:
    """The ways that a sentence names, each as what is to be done."""
    said = sentence.partition("; ")[2].removesuffix(" would do")
    return [re.findall("one '([^']+)'", way) for way in re.split(",? or ", said)] if said else []


AGREEMENTS: Final = [
    an_agreement(threshold, cap, weight=weight, has_lane=has_lane)
    for threshold, cap, weight in ((40, 100, "0.4"), (65, 100, "0.4"), (65, 70, "0.2"), (90, 100, "0.2"))
    for has_lane in (True, False)
]
DONE: Final = st.lists(
    st.tuples(
        st.sampled_from([*DOES.values(), "email_unsubscribed"]),
        st.timedeltas(-timedelta(days=30), timedelta(0)),
    ),
    max_size=5,
)


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(DONE, st.sampled_from(AGREEMENTS), st.sampled_from([DIRECTOR, NOBODY]))
def test_doing_what_would_do_makes_an_mql(
    done: list[tuple[str, timedelta]], agreement: Agreement, person: Person
) -> None:
    told = Told(agreement)
    told.hear(captured(person=person, company=Company(employees=20), first=activity(1, "nothing_known")))
    told.hear(*(recorded(seq, kind, at=NOON + ago) for seq, (kind, ago) in enumerate(done, 2)))
    if told.lead.mql:
        return
    before = told.lead
    for way in ways(lacks(told)[0]):
        told.lead = before
        told.hear(*(recorded(20 + seq, DOES[name]) for seq, name in enumerate(way)))
        assert told.lead.mql, f"{way} did not do"


def missing(agreement: Agreement, *kinds: str) -> str:
    told = Told(agreement)
    told.hear(captured(person=NOBODY, company=Company(employees=20), first=activity(1, "nothing_known")))
    told.hear(*(recorded(seq, kind) for seq, kind in enumerate(kinds, 2)))
    return lacks(told)[0]


def test_the_smallest_change_may_be_a_fast_lane() -> None:
    said = missing(an_agreement(65))
    assert said == "65 points: the score is 0, an MQL has 65; one 'asked for a demo' (fast lane) would do"


def test_what_is_enough_together_is_reckoned_with_the_cap() -> None:
    lacks = "65 points: the score is 0, an MQL has 65"
    assert missing(an_agreement(65, has_lane=False)) == lacks
    by_engagement = an_agreement(65, weight="0.2", has_lane=False)
    assert missing(by_engagement) == f"{lacks}; one 'demo request' and one 'webinar' would do"


def test_what_was_taken_away_is_made_good_first() -> None:
    said = missing(an_agreement(40, weight="0.2", has_lane=False), "email_unsubscribed", "email_unsubscribed")
    assert ways(said) == [["demo request", "webinar", "form"]]


def test_of_what_can_not_both_be_known_one_is_named() -> None:
    by_size = TEXT.replace(
        "      - {name: size, when: {company.employees: {at_least: 100}}, points: 30}",
        "      - {name: huge, when: {company.employees: {at_least: 1000}}, points: 30}\n"
        "      - {name: tiny, when: {company.employees: {below: 10}}, points: 25}",
    )
    told = Told(load_text(by_size.replace("C: 20}", "C: 44}")))
    told.hear(captured(person=Person(title="Clerk", country="PT"), company=Company(industry="retail")))
    assert lacks(told)[1] == "a better fit: the grade is D, an MQL has C"


def test_who_is_on_the_fast_lane_is_not_sent_there() -> None:
    assert "fast lane" not in missing(an_agreement(90), "demo_requested")


@pytest.mark.parametrize(
    ("who", "lacking"),
    [
        (Person(title="Clerk", country="PT"), ("a better fit: the grade is D, an MQL has C",)),
        (NOBODY, ("a better fit: the grade is D, an MQL has C; 'decision maker' (title unknown)",)),
        (Person(title="Director"), ("country is unknown",)),
        (Person(title="Clerk"), ("a better fit: the grade is D, an MQL has C", "country is unknown")),
    ],
)
def test_the_fast_lane_is_named_once_whatever_is_missing(who: Person, lacking: tuple[str, ...]) -> None:
    told = Told()
    told.hear(captured(person=who, company=SMALL), recorded(2, "form_submitted"))
    told.hear(recorded(3), recorded(4))
    first, *others = lacking
    join = ", or" if "; " in first else ";"
    assert lacks(told) == (f"{first}{join} one 'asked for a demo' (fast lane) would do", *others)
    told.hear(recorded(5, "demo_requested"))
    assert told.lead.mql
    assert "fast lane" not in str(lacks(told))
