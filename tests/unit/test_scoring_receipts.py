"""A receipt says every point in words and what is missing; a replay gives the same or says what differs."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.scoring.domain.replay import differences, replayed
from services.scoring.domain.words import lines_in_words, total_in_words
from shared.agreement import load_text
from shared.contracts.ingest import LeadMerged, LeadUpdated
from shared.contracts.scoring import LeadNotQualified, LeadQualified
from shared.contracts.values import Company, Person
from shared.effects import CommandRefused
from shared.testing.leads import NOON, activity, captured, lead_id, recorded
from tests.unit.scoring_lead import AGREEMENT, TEXT, Told

ANALYST = Person(name="Ana", title="Analyst", country="PT")
SMALL = Company(name="Northwind", employees=20, industry="retail")

OR_A_DEMO = ", or one 'asked for a demo' (fast lane) would do"


def missing(**who: object) -> tuple[str, ...]:
    told = Told()
    told.hear(captured(**who))
    return told.receipt.missing


# ---- in words


def test_each_point_is_said_with_its_reason_what_was_done_when_and_what_is_left_of_it() -> None:
    told = Told()
    told.hear(captured(first=activity(1, at=NOON - timedelta(days=14))))
    assert lines_in_words(told.receipt) == [
        "+40 decision maker: title has the word 'director' — Operations Director",
        "+25 industry: company.industry is software",
        "+30 size: company.employees is at least 100 — 120",
        "+30 form: activity.type is form_submitted (form_submitted 14 days ago; worth +15 now)",
    ]


def test_a_point_that_its_cap_has_cut_says_so() -> None:
    told = Told()
    told.hear(captured(first=activity(1, "page_viewed")), *(recorded(seq) for seq in (2, 3)))
    assert lines_in_words(told.receipt)[-1] == (
        "+10 visit: activity.type is page_viewed"
        " (page_viewed just now; of +15, as there are at most 40 per 7d)"
    )


def test_the_total_says_how_the_points_make_the_score() -> None:
    told = Told()
    told.hear(captured())
    assert total_in_words(told.receipt, AGREEMENT) == "fit 95 (grade A) × 0.4 + engagement 30 × 0.6 = 56"


# ---- what is missing


def test_the_smallest_activity_that_would_do_is_named() -> None:
    [line] = missing(first=activity(1, "page_viewed"))
    assert line == f"3 points: the score is 47, an MQL has 50; one 'visit' or one 'form'{OR_A_DEMO}"


def test_one_point_is_no_points() -> None:
    told = Told(load_text(TEXT.replace("score_at_least: 50", "score_at_least: 48")))
    told.hear(captured(first=activity(1, "page_viewed")))
    assert told.receipt.missing[0].startswith("1 point: the score is 47, an MQL has 48; ")


def test_what_its_window_does_not_give_any_more_would_not_do() -> None:
    told = Told()
    told.hear(captured(person=ANALYST, first=activity(1, "page_viewed")), *map(recorded, (2, 3)))
    assert told.receipt.missing == (f"4 points: the score is 46, an MQL has 50; one 'form'{OR_A_DEMO}",)


def test_where_nothing_is_enough_alone_the_fewest_are_named_together() -> None:
    told = Told()
    told.hear(captured(first=activity(1, "nothing_known"), company=Company(employees=120)))
    assert told.receipt.missing[0] == (
        f"22 points: the score is 28, an MQL has 50; one 'form' and one 'visit'{OR_A_DEMO}"
    )


def test_nothing_is_promised_where_nothing_would_do() -> None:
    told = Told(load_text(TEXT.replace("when: {activity.type: demo_requested}", "when: {title: unknown}")))
    told.hear(captured(person=ANALYST, company=SMALL))
    assert told.receipt.missing[0] == "32 points: the score is 18, an MQL has 50"


def test_a_better_fit_names_what_is_unknown_and_would_do() -> None:
    lines = missing(person=Person(country="PT"), company=SMALL)
    assert lines == (
        "32 points: the score is 18, an MQL has 50",
        "a better fit: the grade is D, an MQL has C;"
        f" 'decision maker' (title unknown) and one 'form'{OR_A_DEMO}",
    )


def test_a_fact_that_the_agreement_asks_for_and_nobody_knows_is_named() -> None:
    lacks = "country is unknown; one 'asked for a demo' (fast lane) would do"
    assert missing(person=Person(title="Director")) == (lacks,)


def test_what_would_do_does() -> None:
    told = Told()
    [said] = told.hear(captured(first=activity(1, "page_viewed")))
    assert isinstance(said, LeadNotQualified)
    told.hear(recorded(2, "page_viewed"))
    assert told.lead.mql


# ---- replay


@given(
    st.lists(st.tuples(st.sampled_from(["form_submitted", "page_viewed"]), st.integers(0, 40)), max_size=6)
)
def test_a_replay_gives_the_same_whatever_was_heard_since(later: list[tuple[str, int]]) -> None:
    told = Told()
    told.hear(captured())
    for seq, (kind, days) in enumerate(reversed(later), 2):
        at = NOON + timedelta(days=days)
        told.hear(recorded(seq, kind, at=at - timedelta(days=days // 2)), at=at)
    for kept in told.kept:
        assert differences(kept.receipt, replayed(kept, told.lead, AGREEMENT)) == []


def test_a_replay_counts_nothing_that_came_late() -> None:
    told = Told()
    told.hear(captured(), recorded(3, "page_viewed"), recorded(2, "form_submitted"))
    assert [kept.without for kept in told.kept] == [(), (2,), ()]
    assert all(not differences(kept.receipt, replayed(kept, told.lead, AGREEMENT)) for kept in told.kept)


def test_what_is_known_of_the_person_since_changes_no_old_receipt() -> None:
    told = Told()
    told.hear(captured(), LeadUpdated(person=ANALYST, email=captured().email, company=SMALL))
    first = told.kept[0]
    assert differences(first.receipt, replayed(first, told.lead, AGREEMENT)) == []


@pytest.mark.parametrize(
    ("fact", "value", "names"),
    [
        (
            "title",
            "Analyst",
            "'decision maker' was +40 (title has the word 'director' — Operations Director)",
        ),
        ("company.employees", 5, "'size' was +30"),
        ("company.industry", "retail", "'industry' was +25"),
    ],
)
def test_with_one_input_altered_a_replay_names_the_line_that_differs(
    fact: str, value: object, names: str
) -> None:
    told = Told()
    told.hear(captured())
    kept = told.kept[0]
    altered = replace(kept, receipt=replace(kept.receipt, facts={**kept.receipt.facts, fact: value}))
    differs = differences(kept.receipt, replayed(altered, told.lead, AGREEMENT))
    assert names in differs[0]
    assert differs[0].endswith("it is not there")
    assert sum(line.startswith("'") for line in differs) == 1


def test_with_an_activity_altered_a_replay_names_its_line() -> None:
    told = Told()
    told.hear(captured())
    later = replace(told.lead.activities[0], at=NOON - timedelta(days=14))
    altered = replace(told.lead, activities=(later,))
    [line, *_] = differences(told.receipt, replayed(told.kept[0], altered, AGREEMENT))
    assert line.startswith("'form' for activity 1 was +30 (")
    assert "it is +30, worth 15" in line


def test_what_is_not_kept_any_more_can_not_be_replayed() -> None:
    told = Told()
    told.hear(captured())
    with pytest.raises(CommandRefused, match="not all of the activities"):
        replayed(told.kept[0], replace(told.lead, activities=()), AGREEMENT)


def test_another_version_can_not_replay_it() -> None:
    told = Told()
    told.hear(captured())
    with pytest.raises(CommandRefused, match="scored by scored@1, and no file of that is here"):
        replayed(told.kept[0], told.lead, load_text(TEXT.replace("version: 1", "version: 2")))


# ---- merged


def united(
    *, first: tuple[str, int] = ("page_viewed", 2), other: tuple[str, int] = ("form_submitted", 9)
) -> Told:
    """A lead that did one thing, into which one that did another was merged; days before noon."""
    mine, others = Told(), Told()
    for told, (kind, days) in ((mine, first), (others, other)):
        told.hear(captured(first=activity(1, kind, at=NOON - timedelta(days=days))))
    others.hear(LeadMerged(survivor=lead_id("older")))
    assert others.united is not None
    mine.unite(others.united)
    return mine


def test_two_leads_that_are_merged_have_the_score_of_all_that_both_did() -> None:
    together = Told()
    together.hear(captured(first=activity(1, "page_viewed", at=NOON - timedelta(days=2))))
    together.hear(recorded(2, "form_submitted", at=NOON - timedelta(days=9)))
    assert united().lead.score == together.lead.score
    assert lines_in_words(united().receipt) == lines_in_words(together.receipt)


def test_caps_hold_over_what_both_did() -> None:
    assert united(first=("form_submitted", 1), other=("form_submitted", 1)).receipt.engagement_points == 57


def test_a_fast_lane_goes_on_with_the_lead_that_survives() -> None:
    merged = united(other=("demo_requested", 0))
    assert merged.lead.mql
    assert isinstance(merged.said[-1], LeadQualified)


def test_before_and_after_the_merge_a_replay_gives_the_same() -> None:
    merged = united()
    assert [kept.united for kept in merged.kept] == [0, 1]
    for kept in merged.kept:
        assert differences(kept.receipt, replayed(kept, merged.lead, AGREEMENT)) == []


def test_what_was_merged_on_says_where_to() -> None:
    gone, others = Told(), Told()
    gone.hear(captured(), LeadMerged(survivor=lead_id("oldest")))
    others.hear(captured(), LeadMerged(survivor=lead_id()))
    assert others.united is not None
    gone.unite(others.united)
    assert gone.united is not None
    assert (gone.united.survivor, len(gone.united.deeds)) == (lead_id("oldest"), 1)


def test_what_an_unknown_lead_is_united_with_counts_when_it_is_captured() -> None:
    mine, others = Told(), Told()
    others.hear(captured(first=activity(1, "form_submitted")), LeadMerged(survivor=lead_id("older")))
    assert others.united is not None
    mine.unite(others.united)
    assert mine.said == []
    mine.hear(captured(first=activity(1, "form_submitted")))
    assert mine.receipt.engagement_points == 60
