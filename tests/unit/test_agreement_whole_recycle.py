"""The whole file of the design: the way back to nurture, and what the rep sees."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.agreement import Agreement, load_text
from tests.unit.test_agreement_whole import LISTS, WHOLE


@pytest.fixture(scope="module")
def whole() -> Agreement:
    return load_text(WHOLE, "acme.yaml", LISTS)


def test_a_hand_off_goes_to_the_team_that_takes_everything(whole: Agreement) -> None:
    assert whole.hand_off is not None
    assert [rule.to.value for rule in whole.hand_off.rules] == ["account-executives"]
    assert whole.hand_off.accept_within == timedelta(hours=24)
    assert (whole.hand_off.at, whole.hand_off.refused) == ("sql", "back_to_sdr")
    assert whole.sql_requires == ("need", "timeline")


def test_a_reason_says_what_follows(whole: Agreement) -> None:
    unreachable, timing = whole.reasons["unreachable"], whole.reasons["bad-timing"]
    assert (unreachable.track, unreachable.not_before) == ("keep-warm", timedelta(days=30))
    assert unreachable.needs == "attempts"
    assert (timing.returns, timing.back_to, timing.ask) == ("on_date", "same_rep", "revisit_on")
    assert whole.reasons["not-a-lead"].ends == "closed"
    assert (whole.reasons["do-not-contact"].hold, whole.reasons["no-fit"].returns) == ("privacy", "never")


def test_a_track_says_who_answers_and_how_it_acknowledges(whole: Agreement) -> None:
    track = whole.tracks["keep-warm"]
    assert (track.owner, track.deliver_to, track.acknowledged_by) == (
        "maya@acme.example",
        "mautic",
        "delivery",
    )
    assert track.acknowledge_within == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("fast_lane", "new_activity", "score", "may"),
    [
        (False, False, 100, False),
        (False, True, 59, False),
        (False, True, 60, True),
        (True, False, 0, True),
    ],
)
def test_a_new_signal_brings_a_lead_back_and_an_old_score_does_not(
    whole: Agreement, fast_lane: bool, new_activity: bool, score: int, may: bool
) -> None:
    facts = {"fast_lane": fast_lane, "new_activity": new_activity, "score": score}
    assert whole.may_return(facts) is may


def test_rounds_are_bounded(whole: Agreement) -> None:
    assert (whole.rounds_at_most, whole.after_last_round_track, whole.back_to) == (3, "keep-warm", "rules")


def test_a_playbook_ends_on_its_last_day(whole: Agreement) -> None:
    last_day = {"now": datetime(2027, 3, 31, 23, 59, tzinfo=UTC)}
    playbook = whole.playbook_for("enterprise", last_day)
    assert playbook is not None
    assert (playbook.offer, playbook.send) == ("Pilot in 30 days", ("case-study-bank.pdf",))
    assert whole.playbook_for("enterprise", {"now": datetime(2027, 4, 1, tzinfo=UTC)}) is None
    assert whole.playbook_for("small", last_day) is None
    assert whole.playbook_for("enterprise", {}) is playbook


def test_an_agreement_cannot_be_changed(whole: Agreement) -> None:
    with pytest.raises(AttributeError):
        whole.version = 4  # type: ignore[misc]  # that is what is shown
    with pytest.raises(TypeError):
        whole.tracks["new"] = whole.tracks["keep-warm"]  # type: ignore[index]  # that is what is shown
    with pytest.raises(AttributeError):
        whole.teams["inside"].lead = "eve@acme.example"  # type: ignore[misc]  # that is what is shown
