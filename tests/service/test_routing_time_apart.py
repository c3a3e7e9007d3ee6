"""Whose time it is: the rep waits for the lead, could not be told, or nobody could have been in time."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.routing.domain.choosing.wanted import to_tell
from services.routing.domain.clocks import waiting
from services.routing.domain.model import GivingUp
from services.routing.domain.steps.reporting import Contact
from services.routing.handlers.deciding import Decide, Step, decide_all
from shared.contracts.clocks import (
    DeadlineBreached,
    DeadlineMoved,
    DeadlineReminded,
    LeadResumed,
    LeadSnoozed,
)
from shared.contracts.ingest import ActivityRecorded
from shared.contracts.routing import LeadAssigned, LeadStalled
from shared.effects import CommandRefused, nothing
from shared.runtime.tx import Cause, Tx
from shared.testing.leads import activity, lead_id
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at
from tests.service.test_routing_working_clocks import counting, due, utc

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


async def accepted(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    await place.do("accept", await place.holder())


async def wait(place: RoutingPlace, days: float, reason: str = "they are on holiday") -> None:
    until = place.clock.now() + days * DAY
    await place.do("snooze", await place.holder(), until=until, reason=reason)


# ---- waiting for the lead


async def test_while_a_rep_waits_for_the_lead_their_clocks_stand_still(place: RoutingPlace) -> None:
    await accepted(place)
    await place.pass_time(20 * HOUR)
    await wait(place, 7)
    assert (await place.state()).deadlines == ()
    await place.pass_time(7 * DAY)
    assert await place.said(DeadlineBreached) == []
    [snoozed], [resumed] = await place.said(LeadSnoozed), await place.said(LeadResumed)
    assert (snoozed.reason, resumed.because) == ("they are on holiday", "the time is over")
    assert (await due(place))["touch"] == place.clock.now() + 4 * HOUR
    await place.pass_time(4 * HOUR)
    [breached] = await place.said(DeadlineBreached)
    assert breached.spent == {"rep": 24 * 3600, "lead": 7 * 24 * 3600}


async def test_the_waiting_ends_when_the_lead_acts(place: RoutingPlace) -> None:
    await accepted(place)
    await wait(place, 7)
    await place.pass_time(2 * DAY)
    await place.say(ActivityRecorded(activity=activity(2)))
    await place.turn()
    [resumed] = await place.said(LeadResumed)
    assert resumed.because == "it acts again (form_submitted)"
    assert (await due(place))["touch"] == place.clock.now() + 24 * HOUR


async def test_and_when_the_rep_gets_in_touch(place: RoutingPlace) -> None:
    await accepted(place)
    await wait(place, 7)
    await place.do("contact", await place.holder(), said=Contact("phone"))
    assert (await place.state()).snooze is None
    assert len(await place.said(LeadResumed)) == 1


async def test_a_rep_waits_no_longer_than_agreed_all_in_all(place: RoutingPlace) -> None:
    await accepted(place)
    with pytest.raises(CommandRefused, match="14 days at most"):
        await wait(place, 15)
    await wait(place, 10)
    await place.pass_time(10 * DAY)
    with pytest.raises(CommandRefused, match="until 2026-11-16 12:00:00 UTC"):
        await wait(place, 5)
    await wait(place, 4)


async def test_waiting_ends_in_time_though_baton_is_down(place: RoutingPlace) -> None:
    await accepted(place)
    until = place.clock.now() + 2 * HOUR
    await wait(place, 2 / 24)
    await place.sleep_through(10 * HOUR)
    assert (await due(place))["touch"] == until + 24 * HOUR
    lead = await place.state()
    assert (lead.spent["lead"], lead.snoozed, lead.stalled_at) == (2 * 3600, 2 * HOUR, until + 10 * DAY)
    await wait(place, 14 - 2 / 24)


async def test_and_though_another_wait_is_asked_for_before_it_is_back(place: RoutingPlace) -> None:
    await accepted(place)
    await wait(place, 2 / 24)
    place.clock.advance(10 * HOUR)
    await wait(place, 14 - 2 / 24)
    touch = (await place.state()).clock("touch")
    assert touch is not None
    assert touch.used == 8 * HOUR


async def test_a_lead_that_is_waited_for_is_not_stalled_until_long_after(place: RoutingPlace) -> None:
    await accepted(place)
    await place.do("contact", await place.holder(), said=Contact("phone"))
    await place.do("contact", await place.holder(), said=Contact("phone"))
    await wait(place, 12)
    await place.pass_time(21 * DAY)
    assert await place.said(LeadStalled) == []
    await place.pass_time(DAY)
    assert len(await place.said(LeadStalled)) == 1


async def test_who_gets_a_lead_that_somebody_else_waited_for_does_not_wait(place: RoutingPlace) -> None:
    await accepted(place)
    await wait(place, 7)
    await place.do("disqualify", await place.holder(), why=GivingUp("no-need"))
    await place.recycle_refuses()
    assert (await place.state()).snooze is None
    assert "clock" in (await place.state()).waits


# ---- Baton could not tell them


async def decided(place: RoutingPlace, decide: Decide) -> None:
    """A decision about the lead, as an answer of a channel leads to it."""

    def work(tx: Tx) -> None:
        cause = Cause(f"told/{tx.now}")
        decide_all(tx, [Step(lead_id(), cause, decide, lambda lead: to_tell(lead, tx.agreement))])

    await place.tx(work)
    await place.turn()


async def test_the_time_in_which_a_rep_could_not_be_told_moves_their_deadline(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    since = place.clock.now()
    await place.pass_time(2 * HOUR)
    await decided(place, lambda lead, _: nothing(waiting.untold(lead, since)))
    await place.pass_time(HOUR / 2)
    await decided(place, waiting.told)
    assert await due(place) == {"accept": place.clock.now() + 4 * HOUR}
    [moved] = await place.said(DeadlineMoved)
    assert moved.because == "the rep had not been told"
    await place.pass_time(4 * HOUR)
    breached = (await place.said(DeadlineBreached))[0]
    assert breached.spent == {"rep": 4 * 3600, "system": 9000}
    assert (await place.state()).spent == {"rep": 4 * 3600.0, "system": 9000.0}


async def test_time_of_a_round_is_kept_apart(place: RoutingPlace) -> None:
    await place.offered("ana")
    await place.pass_time(timedelta(minutes=10))
    await accepted_from_queue(place)
    await place.pass_time(HOUR)
    await wait(place, 1)
    await place.pass_time(DAY)
    assert (await place.state()).spent == {"queue": 600.0, "rep": 3600.0, "lead": 86400.0}


async def accepted_from_queue(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.pass_time(timedelta(0))
    await place.do("accept", "bob")


# ---- the ladder, slept through


async def test_what_was_slept_through_is_told_with_its_reason(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    await place.sleep_through(30 * HOUR)
    [breached] = await place.said(DeadlineBreached)
    assert breached.missed == (
        "remind, due 2026-11-02 15:00:00 UTC: it was not done by 2026-11-03 00:00:00 UTC, "
        "when escalate was due",
        "reassign, due 2026-11-02 16:00:00 UTC: it was not done by 2026-11-03 00:00:00 UTC, "
        "when escalate was due",
    )
    assert (await place.said(LeadAssigned))[-1].missed == breached.missed


async def test_what_was_done_in_time_is_not_told_as_missed(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    await place.pass_time(4 * HOUR)
    assert len(await place.said(DeadlineReminded)) == 1
    assert [breached.missed for breached in await place.said(DeadlineBreached)] == [()]


async def test_one_step_instead_of_another_at_one_instant_misses_nothing(database_url: str) -> None:
    agreed = AGREEMENT.replace("reassign_at_most: 2", "reassign_at_most: 9")
    with routing_at(database_url, agreement=agreed) as place:
        await place.team("inside", "bob", "cy", "di", "ed")
        await place.offered("ana")
        await place.pass_time(12 * HOUR)
        assert [breached.what_follows for breached in await place.said(DeadlineBreached)][-1] == "escalate"
        assert [breached.missed for breached in await place.said(DeadlineBreached)] == [()] * 3
        assert [assigned.missed for assigned in await place.said(LeadAssigned)] == [()] * 4


# ---- known beforehand


async def test_a_deadline_that_nobody_of_the_team_can_meet_is_known_at_once(database_url: str) -> None:
    with routing_at(database_url, agreement=counting("always")) as place:
        await place.team("inside", "bob", calendar="berlin")
        place.clock.at = utc("2026-11-02T20:00")
        await place.offered("ana")
        [assigned] = await place.said(LeadAssigned)
        assert not assigned.feasible
        assert assigned.infeasible == "nobody in inside works before 2026-11-03 00:00:00 UTC"


async def test_one_that_a_colleague_can_meet_is_feasible(database_url: str) -> None:
    with routing_at(database_url, agreement=counting("always")) as place:
        await place.team("inside", "bob", calendar="berlin")
        await place.team("inside", "cy", calendar="new-york")
        place.clock.at = utc("2026-11-02T20:00")
        await place.offered("a", "b")
        assert [assigned.feasible for assigned in await place.said(LeadAssigned)] == [True, True]


async def test_in_working_time_a_deadline_waits_for_the_rep_and_can_be_met(database_url: str) -> None:
    with routing_at(database_url, agreement=counting("working")) as place:
        await place.team("inside", "bob", calendar="berlin")
        place.clock.at = utc("2026-11-02T20:00")
        await place.offered("ana")
        assert [assigned.feasible for assigned in await place.said(LeadAssigned)] == [True]


async def test_the_teams_lead_is_warned_at_once(database_url: str) -> None:
    with routing_at(database_url, agreement=counting("always")) as place:
        await place.team("inside", "bob", calendar="berlin")
        await place.team("executives", "lena", calendar="berlin", notify="https://lena.example/hook")
        place.clock.at = utc("2026-11-02T20:00")
        await place.offered("ana")
        table = place.service.messaging.errands
        rows = await place.tx(lambda tx: tx.conn.execute(table.select()).all())
        assert [(row.action, row.body["person"]) for row in rows] == [("infeasible", at_acme("lena"))]


async def test_what_a_team_can_not_do_in_time_overflows_if_so_agreed(database_url: str) -> None:
    agreed = counting("always").replace(
        "name: enterprise, lead", "name: enterprise, nobody_available: x, lead"
    )
    agreed = agreed.replace("nobody_available: x", '"nobody_available": "overflow:inside"')
    with routing_at(database_url, agreement=agreed) as place:
        await place.team("enterprise", "bob", calendar="berlin")
        await place.team("inside", "cy", calendar="new-york")
        await place.offered("a", segment="enterprise")
        assert await place.holder("a") == "bob"
        place.clock.at = utc("2026-11-02T20:00")
        await place.offered("b", segment="enterprise")
        assert await place.holder("b") == "cy"
        assigned = (await place.said(LeadAssigned))[-1]
        why_not = "nobody in enterprise works before 2026-11-03 00:00:00 UTC; Cy has the turn in inside"
        assert (assigned.feasible, assigned.receipt.note) == (True, why_not)
