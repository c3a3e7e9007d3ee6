"""Another version of the agreement: deadlines are computed anew, and no step is done twice."""

from datetime import timedelta

from services.routing import handlers
from services.routing.domain.steps.reporting import Contact
from shared.contracts.clocks import DeadlineBreached, DeadlineMoved, DeadlineReminded
from tests.service.routing_place import AGREEMENT, routing_at
from tests.service.test_routing_time_apart import accepted
from tests.service.test_routing_working_clocks import counting, due, utc

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def test_a_new_version_computes_deadlines_anew_and_what_was_used_counts(database_url: str) -> None:
    before = counting("working")
    after = before.replace("version: 1", "version: 2").replace("accept_within: 4h", "accept_within: 2h")
    after = after.replace(
        'berlin: {zone: Europe/Berlin, hours: {mon-fri: ["09:00-17:00"]}}',
        'berlin: {zone: Europe/Berlin, hours: {mon-fri: ["09:00-14:30"]}}',
    )
    with routing_at(database_url, agreement=before, then=(utc("2026-11-02T13:00"), after)) as place:
        await place.team("inside", "bob", calendar="berlin")
        await place.offered("ana")
        await place.pass_time(HOUR)
        await place.tx(handlers.on_agreement)
        await place.pass_time(timedelta(0))
        assert await due(place) == {"accept": utc("2026-11-03T08:30")}  # half an hour today, half tomorrow
        [moved] = await place.said(DeadlineMoved)
        assert (moved.was_due_at, moved.because) == (utc("2026-11-02T16:00"), "acme@2 is in force")


async def test_a_version_that_allows_less_than_was_used_lets_the_clock_run_out(database_url: str) -> None:
    after = AGREEMENT.replace("version: 1", "version: 2").replace("accept_within: 4h", "accept_within: 1h")
    with routing_at(database_url, then=(utc("2026-11-02T14:00"), after)) as place:
        await place.team("inside", "bob", "cy")
        await place.offered("ana")
        first = await place.holder()
        await place.pass_time(2 * HOUR)
        await place.tx(handlers.on_agreement)
        await place.pass_time(timedelta(0))
        [breached] = await place.said(DeadlineBreached)
        assert breached.deadline.due_at == place.clock.now()
        assert await place.holder() != first


async def test_a_version_that_changes_no_clock_says_nothing(database_url: str) -> None:
    after = AGREEMENT.replace("version: 1", "version: 2")
    with routing_at(database_url, then=(utc("2026-11-02T14:00"), after)) as place:
        await place.team("inside", "bob")
        await place.offered("ana")
        before = await place.state()
        await place.pass_time(2 * HOUR)
        await place.tx(handlers.on_agreement)
        await place.pass_time(timedelta(0))
        assert await place.state() == before


async def test_a_clock_that_has_run_out_does_not_run_out_again_by_another_version(database_url: str) -> None:
    after = AGREEMENT.replace("version: 1", "version: 2").replace("touch_within: 24h", "touch_within: 30h")
    only_told = AGREEMENT.replace("        - {at: 100%, do: reassign}\n", "")
    after = after.replace("        - {at: 100%, do: reassign}\n", "")
    with routing_at(database_url, agreement=only_told, then=(utc("2026-11-03T14:00"), after)) as place:
        await accepted(place)
        await place.pass_time(26 * HOUR)
        await place.tx(handlers.on_agreement)
        await place.pass_time(DAY)
        assert len(await place.said(DeadlineBreached)) == 1


async def test_who_was_reminded_is_not_reminded_again_by_another_version(database_url: str) -> None:
    after = AGREEMENT.replace("version: 1", "version: 2").replace("accept_within: 4h", "accept_within: 5h")
    with routing_at(database_url, then=(utc("2026-11-02T15:15"), after)) as place:
        await place.team("inside", "bob")
        await place.offered("ana")
        await place.pass_time(3.5 * HOUR)
        await place.tx(handlers.on_agreement)
        await place.pass_time(HOUR)
        assert len(await place.said(DeadlineReminded)) == 1
        assert await due(place) == {"accept": utc("2026-11-02T17:00")}


async def test_what_was_done_before_a_rep_waited_is_not_done_again_by_another_version(
    database_url: str,
) -> None:
    only_told = AGREEMENT.replace("        - {at: 100%, do: reassign}\n", "")
    only_told = only_told.replace("touch_within: 24h\n", "touch_within: 24h\n      next_step_within: 8h\n")
    after = only_told.replace("version: 1", "version: 2")
    with routing_at(database_url, agreement=only_told, then=(utc("2026-11-03T18:00"), after)) as place:
        await accepted(place)
        await place.offered("ben")
        await place.do("accept", await place.holder("ben"), "ben")
        await place.do("contact", await place.holder("ben"), "ben", said=Contact("phone"))
        await place.pass_time(26 * HOUR)
        for lead in ("ana", "ben"):
            until = place.clock.now() + DAY
            await place.do("snooze", await place.holder(lead), lead, until=until, reason="a holiday")
        await place.pass_time(6 * HOUR)
        await place.tx(handlers.on_agreement)
        await place.pass_time(2 * DAY)
        for lead, clock in (("ana", "touch"), ("ben", "next_step")):
            reminded = await place.said(DeadlineReminded, lead)
            breached = await place.said(DeadlineBreached, lead)
            assert [said.deadline.name for said in reminded] == [clock]
            assert [said.deadline.name for said in breached] == [clock]


async def test_a_version_with_more_room_gives_out_what_waits(database_url: str) -> None:
    after = AGREEMENT.replace("at_most: {open: 3}", "at_most: {open: 4}")
    with routing_at(database_url, then=(utc("2026-11-02T12:10"), after)) as place:
        await place.team("inside", "bob")
        leads = ("a", "b", "c", "d", "e")
        await place.offered(*leads)
        await place.pass_time(timedelta(minutes=10))
        assert [await place.holder(lead) for lead in leads].count("bob") == 3
        await place.tx(handlers.on_agreement)
        await place.pass_time(timedelta())
        assert [await place.holder(lead) for lead in leads].count("bob") == 4
