"""Answers are kept for leads and activities that are alike: nobody may get what belongs to somebody else."""

from datetime import datetime, timedelta
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain import fit, missing, options
from services.scoring.domain import given as kept
from services.scoring.domain.aside import aside_of
from services.scoring.domain.facts import facts_of
from services.scoring.domain.model import ScoredLead
from services.scoring.domain.receipts import receipt_of
from services.scoring.domain.score import add_up
from shared.agreement import Agreement, load_text
from shared.contracts.values import Activity, Company, Person, ScoreReceipt
from shared.testing.leads import NOON
from tests.unit.scoring_lead import AGREEMENT, TEXT

pytestmark = pytest.mark.slow

BY_THE_PAGE = load_text(
    TEXT.replace("{activity.type: page_viewed}", "{activity.type: page_viewed, activity.url: {contains: b}}")
)
BY_AGE = load_text(TEXT.replace("{title: {has_word: [director]}}", "{captured.at: {within: 3d}}"))
BY_WHO = load_text(
    TEXT.replace("{activity.type: page_viewed}", "{activity.type: page_viewed, company.industry: known}")
)
BY_TWO = load_text(
    TEXT.replace("{has_word: [director]}}", "{has_word: [director]}, company.employees: {at_least: 100}}")
)
AGREEMENTS: Final = st.sampled_from([AGREEMENT, BY_THE_PAGE, BY_AGE, BY_WHO, BY_TWO])
ACTIVITIES: Final = st.lists(
    st.builds(
        Activity,
        seq=st.integers(1, 99),
        type=st.sampled_from(["form_submitted", "page_viewed", "email_unsubscribed", "demo_requested"]),
        at=st.timedeltas(-timedelta(days=20), timedelta(days=2)).map(lambda since: NOON + since),
        source=st.sampled_from(["website", "mail"]),
        url=st.sampled_from([None, "/a", "/b"]),
    ),
    max_size=6,
)
LEADS: Final = st.builds(
    ScoredLead,
    person=st.builds(Person, title=st.sampled_from([None, "Director", "Analyst"]), country=st.just("PT")),
    company=st.builds(
        Company,
        employees=st.sampled_from([None, 50, 100, 1000]),
        industry=st.sampled_from([None, "software", "retail"]),
    ),
    captured_at=st.sampled_from([NOON - timedelta(days=days) for days in (0, 2, 4)]),
    activities=ACTIVITIES.map(tuple),
)
NOWS: Final = st.sampled_from([NOON, NOON + timedelta(days=2)])


def receipt(lead: ScoredLead, by: Agreement, now: datetime) -> ScoreReceipt:
    facts = facts_of(lead, by, now)
    total, aside = add_up(lead.activities, facts, by, now), aside_of(lead.activities, facts, by)
    return receipt_of(total, facts, by, now, number=1, fast_lane=None, aside=aside)


def forget() -> None:
    of_one = fit._fit_by, kept.given_by, kept.fast_lane_by
    of_missing = options._options_by, options._doings_by, missing._said, missing._gains, missing._needed
    for answers in (*of_one, *of_missing):
        answers.cache_clear()


def answers(asked: tuple[ScoredLead, datetime], by: Agreement) -> tuple[object, ...]:
    lead, now = asked
    return receipt(lead, by, now), *(kept.fast_lane_by(by)({})(one) for one in lead.activities)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(LEADS, NOWS), min_size=2, max_size=9), AGREEMENTS)
def test_a_kept_answer_is_the_one_that_would_be_found_anew(
    asked: list[tuple[ScoredLead, datetime]], by: Agreement
) -> None:
    forget()
    one_after_the_other = [answers(one, by) for one in asked]
    for one, before in zip(asked, one_after_the_other, strict=True):
        forget()
        assert answers(one, by) == before
