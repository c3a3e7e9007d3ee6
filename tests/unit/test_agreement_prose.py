"""The prose says what the services do, to the last digit and the last activity."""

from datetime import UTC, datetime, timedelta

from services.scoring.domain.score import add_up
from shared.agreement import load_text
from shared.agreement.prose import explain
from shared.testing.leads import activity
from tests.unit.scoring_lead import AGREEMENT, TEXT
from tests.unit.test_agreement_whole import LISTS, WHOLE


def test_a_limit_holds_in_each_span_and_spans_do_not_slide() -> None:
    prose = explain(AGREEMENT)
    assert (
        "**form**: +30 points when activity.type is form_submitted, at most 60 points in each span of 7 days."
        in prose
    )
    assert "Spans follow one another since 1 January 1970, 00:00 UTC, and do not slide" in prose
    opens = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=7 * 2_965)
    times = [opens + timedelta(minutes=minute) for minute in (-3, -2, -1, 0, 1, 2)]
    forms = [activity(seq, "form_submitted", at=at) for seq, at in enumerate(times, 1)]
    total = add_up(forms, {}, AGREEMENT, times[-1])
    assert [hit.points for hit in total.hits] == [30, 30, 0, 30, 30, 0]


def test_without_limits_there_is_no_word_of_spans() -> None:
    text = TEXT.replace(", at_most: 60 per 7d", "").replace(", at_most: 40 per 7d", "")
    assert "pans" not in explain(load_text(text))


def test_a_share_is_told_to_its_last_digit() -> None:
    text = WHOLE.replace("opportunity_to_won: 0.22", "opportunity_to_won: 0.2200001")
    assert "22.00001% of the opportunities are won" in explain(load_text(text, lists=LISTS))
