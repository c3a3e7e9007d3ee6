"""A short file works: what is left out means what both departments would expect."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from shared.agreement import Agreement, Step, load_text, not_enforced_yet

MINIMAL = """\
agreement: small
version: 1
parties: {marketing: maya@acme.example, sales: sam@acme.example, arbiter: {person: coo@acme.example}}
definitions: {fast_lane: [{name: demo, when: {activity.type: demo_requested}}]}
routing:
  teams: [{name: inside, lead: ines@acme.example, deputy: ines@acme.example}]
  rules: [{name: rest, to: {team: inside}}]
recycle:
  tracks: {nurture: {owner: maya@acme.example}}
"""


@pytest.fixture(scope="module")
def small() -> Agreement:
    return load_text(MINIMAL)


def test_marketing_answers_for_intake_and_for_the_one_desk(small: Agreement) -> None:
    assert (small.intake.owner, small.intake.scored_within) == ("maya@acme.example", timedelta(minutes=2))
    assert {name: desk.owner for name, desk in small.desks.items()} == {"marketing": "maya@acme.example"}
    assert (small.fallback_desk, small.privacy_desk) == ("marketing", "marketing")
    assert small.interests is None
    assert small.effective_from == datetime(1970, 1, 1, tzinfo=UTC)
    assert small.dispute_within == timedelta(hours=48)


def test_who_has_not_refused_may_be_written_to_and_called(small: Agreement) -> None:
    assert small.may_nurture("unknown")
    assert small.may_route("unknown")
    assert not small.may_nurture("denied")
    assert not small.may_route("denied")


def test_a_score_has_its_usual_weights_and_grades(small: Agreement) -> None:
    assert (small.score_weights.fit, small.score_weights.engagement) == (Fraction(2, 5), Fraction(3, 5))
    assert [small.grade_of(points) for points in (70, 45, 20, 0)] == ["A", "B", "C", "D"]
    assert (small.mql.score_at_least, small.mql.grade_at_least, small.mql.requires) == (60, "D", ())
    assert (small.half_life, small.engagement_cap, small.cools_below) == (timedelta(days=14), 100, None)
    assert small.segment_of({"company.employees": 5}) is None
    assert small.set_aside_for({}) is None
    assert small.playbook_for(None, {}) is None


def test_one_policy_serves_all(small: Agreement) -> None:
    policy = small.policy_for({})
    assert (policy.name, policy.clock, policy.on_reassign) == ("standard", "always", "anew")
    assert (policy.accept_within, policy.touch_within) == (timedelta(hours=4), timedelta(hours=24))
    assert policy.ladder == (Step(Fraction(3, 4), "remind", None), Step(Fraction(1), "reassign", None))
    assert small.stalled_after == timedelta(days=10)
    assert small.reassign_at_most == 3


def test_a_team_takes_fair_turns_and_queues(small: Agreement) -> None:
    team = small.teams["inside"]
    assert (team.turn, team.nobody_available, team.queue_within) == ("fair", "queue", timedelta(minutes=30))
    assert (team.at_most_open, team.at_most_per_day) == (None, None)
    assert small.hand_off is None
    assert set(small.reject.values()) == {"dispute", "reroute", "merge", "close"}


def test_every_reason_that_baton_gives_leads_somewhere(small: Agreement) -> None:
    for name in ("unreachable", "stalled", "cooled", "lost", "not-per-definition"):
        assert small.reasons[name].track == "nurture"
    assert small.reasons["not-a-lead"].ends == "closed"
    assert (small.reasons["do-not-contact"].hold, small.reasons["do-not-contact"].returns) == (
        "marketing",
        "never",
    )


def test_a_written_reason_replaces_the_usual_one() -> None:
    text = MINIMAL + "  reasons: {stalled: {track: nurture, not_before: 14d}}\n"
    assert load_text(text).reasons["stalled"].not_before == timedelta(days=14)


def test_a_track_without_a_destination_is_acknowledged_by_a_call_back(small: Agreement) -> None:
    track = small.tracks["nurture"]
    assert (track.acknowledged_by, track.acknowledge_within) == ("call_back", timedelta(minutes=15))
    assert (small.first_track, small.after_last_round_track) == ("nurture", "nurture")
    assert (small.rounds_at_most, small.back_to) == (3, "rules")


@pytest.mark.parametrize(
    ("tracks", "first", "last"),
    [
        ("keep-warm, new", "new", "keep-warm"),
        ("other, keep-warm", "other", "keep-warm"),
        ("other, new", "new", "new"),
    ],
)
def test_tracks_are_chosen_by_their_usual_names(tracks: str, first: str, last: str) -> None:
    listed = ", ".join(f"{name}: {{owner: maya@acme.example}}" for name in tracks.split(", "))
    agreement = load_text(MINIMAL.replace("nurture: {owner: maya@acme.example}", listed))
    assert (agreement.first_track, agreement.after_last_round_track) == (first, last)


def test_a_lead_returns_for_a_new_signal_with_the_score_of_an_mql(small: Agreement) -> None:
    assert small.may_return({"new_activity": True, "score": 60})
    assert not small.may_return({"new_activity": True, "score": 59})
    assert not small.may_return({"new_activity": False, "score": 100})
    assert small.may_return({"fast_lane": True})


def test_a_desk_that_is_named_otherwise_is_the_fallback() -> None:
    agreement = load_text(MINIMAL + "desks: {lost-and-found: {owner: sam@acme.example}}\n")
    assert (agreement.fallback_desk, agreement.privacy_desk) == ("lost-and-found", "lost-and-found")


def test_a_desk_called_privacy_holds_those_who_refused() -> None:
    desks = "desks: {marketing: {owner: sam@acme.example}, privacy: {owner: coo@acme.example}}\n"
    agreement = load_text(MINIMAL + desks)
    assert (agreement.fallback_desk, agreement.privacy_desk) == ("marketing", "privacy")


def test_everything_in_a_short_file_is_enforced(small: Agreement) -> None:
    assert not_enforced_yet(small) == []
