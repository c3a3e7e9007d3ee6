"""An MQL that nobody takes cools at a computed instant; one that somebody has, or a fast lane, does not."""

from datetime import timedelta

from services.scoring.domain.cooling import first_cold
from shared.agreement import load_text
from shared.contracts.ingest import LeadErased
from shared.contracts.scoring import LeadCooled, LeadQualified, LeadScored
from shared.testing.leads import NOON, activity, captured, recorded
from tests.unit.scoring_lead import QUEUE, RITA, TEXT, TRACK, Told, assigned, recycled


def queued() -> Told:
    """An MQL that waits in a team's queue."""
    told = Told()
    told.hear(captured(), assigned(QUEUE))
    return told


def test_a_timer_waits_for_the_instant_at_which_a_waiting_mql_cools() -> None:
    told = queued()
    assert told.timers == {"cool": told.lead.cools_at}
    assert told.lead.cools_at == first_cold(told.lead, told.agreement, NOON)


def test_at_that_instant_it_is_no_mql_any_more_and_says_since_when() -> None:
    told = queued()
    cools_at = told.lead.cools_at
    [said] = told.fire("cool")
    assert isinstance(said, LeadCooled)
    assert (said.mql, said.since, said.score) == (False, cools_at, 44)
    assert told.timers == {}


def test_a_timer_that_fires_late_says_what_it_would_have_said_in_time() -> None:
    in_time, late = queued(), queued()
    assert in_time.fire("cool") == late.fire("cool", late=timedelta(days=3))


def test_an_activity_in_between_moves_the_instant_on() -> None:
    told = queued()
    before = told.timers["cool"]
    told.hear(recorded(2, at=NOON + timedelta(days=1)), at=NOON + timedelta(days=1))
    assert told.timers["cool"] > before


def test_an_old_timer_is_moot() -> None:
    told = queued()
    due = told.timers["cool"]
    told.hear(recorded(2, at=NOON + timedelta(days=1)), at=NOON + timedelta(days=1))
    told.timers["cool"] = due
    assert told.fire("cool") == []
    assert told.lead.mql


def test_nothing_cools_while_its_offer_is_open() -> None:
    told = Told()
    told.hear(captured())
    assert told.timers == {}
    told.hear(recorded(2, "email_unsubscribed"))
    assert told.lead.mql
    told.hear(assigned(QUEUE))
    assert told.timers == {"cool": NOON}
    assert isinstance(told.fire("cool")[0], LeadCooled)


def test_nothing_cools_in_the_hands_of_a_rep() -> None:
    told = queued()
    told.hear(assigned(RITA, number=3, kind="move"))
    assert told.timers == {}
    assert [type(said) for said in told.hear(recorded(2, "email_unsubscribed"))] == [LeadScored]
    assert told.lead.mql


def test_what_a_rep_gave_up_cools_on_its_track() -> None:
    told = Told()
    told.hear(captured(), assigned(RITA), recycled())
    assert list(told.timers) == ["cool"]


def test_who_has_it_is_decided_by_the_number_not_by_what_is_heard_last() -> None:
    told = Told()
    told.hear(captured(), recycled(number=3), assigned(RITA, number=2))
    assert list(told.timers) == ["cool"]


def test_what_cooled_meanwhile_cools_when_the_rep_gives_it_up() -> None:
    told, later = Told(), NOON + timedelta(days=60)
    told.hear(captured(), assigned(RITA))
    told.hear(recycled(), at=later)
    assert told.timers == {"cool": later}
    assert isinstance(told.fire("cool")[0], LeadCooled)


def test_the_fast_lane_does_not_cool() -> None:
    told = Told()
    told.hear(captured(first=activity(1, "demo_requested")), assigned(QUEUE))
    assert told.timers == {}
    assert all(not isinstance(said, LeadCooled) for said in told.hear(recorded(2, "email_unsubscribed")))


def test_a_bad_deed_cools_it_at_once() -> None:
    [said] = queued().hear(recorded(2, "email_unsubscribed"))
    assert isinstance(said, LeadCooled)
    assert said.since == NOON


def test_between_the_two_limits_it_stays_what_it_was() -> None:
    told = queued()
    later = NOON + timedelta(days=12)
    told.hear(recorded(2, "nothing_known", at=later), at=later)
    assert told.agreement.cools_below is not None
    assert told.agreement.cools_below <= told.lead.score < told.agreement.mql.score_at_least
    assert told.lead.mql


def test_what_has_cooled_needs_the_threshold_to_be_an_mql_again() -> None:
    told = queued()
    told.fire("cool")
    later = NOON + timedelta(days=60)
    assert not any(isinstance(e, LeadQualified) for e in told.hear(recorded(2, at=later), at=later))
    assert isinstance(told.hear(recorded(3, "form_submitted", at=later), at=later)[0], LeadQualified)


def test_without_cools_below_nothing_cools() -> None:
    told = Told(load_text(TEXT.replace("  cools_below: 45\n", "")))
    told.hear(captured(), assigned(QUEUE))
    told.hear(recorded(2, "email_unsubscribed"))
    assert told.timers == {}
    assert told.lead.mql


def test_the_end_of_the_journey_ends_the_wait() -> None:
    told = queued()
    told.hear(LeadErased())
    assert told.timers == {}


def test_a_track_that_waits_for_more_is_told_when_it_is_an_mql() -> None:
    told = Told()
    told.hear(captured(first=activity(1, "page_viewed")))
    assert told.lead.custody.holder == TRACK
    assert isinstance(told.hear(recorded(2, "form_submitted"))[0], LeadQualified)
    assert list(told.timers) == ["cool"]
