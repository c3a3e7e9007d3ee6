"""What goes by somebody, and what came by name, is told by why: who is off shift is not away."""

from datetime import timedelta

from services.routing.domain.steps.fire import WAS_OFF_SHIFT
from services.routing.handlers import roster
from services.routing.handlers.fairness import fairness_of
from services.routing.store.bench import read_turns
from services.routing.store.turns import newest_of
from tests.service.routing_place import RoutingPlace, at_acme, routing_at
from tests.service.test_routing_off_shift import held_by
from tests.service.test_routing_pace import PACED
from tests.service.test_routing_who_can import agreed, held
from tests.service.test_routing_working_clocks import counting, utc

AT_WORK = "{name: rest, to: {first_open: [inside], else: queue}}"
EARLY = ("a", "b", "c", "d", "e", "f")
LATER = ("g", "h", "i", "j")


async def why(place: RoutingPlace, who: str) -> list[str]:
    """What explains a member's share, in words."""
    found = await place.service.read(lambda tx: fairness_of(tx, "inside"))
    return next(member.why for member in found.members if member.person == at_acme(who))


async def kinds(place: RoutingPlace) -> set[str]:
    """Which lines there are in the ledger."""
    return {entry.kind for entry in await place.service.read(lambda tx: newest_of(tx.conn, "inside", 100))}


async def test_who_was_off_shift_was_not_away_and_catches_nothing_up(database_url: str) -> None:
    with routing_at(database_url, agreement=agreed("catch_up: 5", rest=AT_WORK)) as place:
        await place.team("inside", "ed")
        await place.team("inside", "flo", shifts="mon-sun 09:00-17:00", zone="UTC")
        place.clock.at = utc("2026-11-02T08:59")
        await place.offered(*EARLY)
        assert await held(place, *EARLY) == {"ed": 6}
        place.clock.at = utc("2026-11-02T09:00")
        await place.offered(*LATER)
        assert await held(place, *LATER) == {"ed": 2, "flo": 2}
        assert await kinds(place) == {"par", "turn"}
        assert await why(place, "flo") == [
            "3.0 leads of their share went to others while they were off shift"
        ]
        turns = await place.service.read(lambda tx: read_turns(tx.conn, "inside"))
        assert turns.tallies[at_acme("flo")].away == 0


async def test_who_was_absent_catches_up_also_where_only_who_is_at_work_is_asked(database_url: str) -> None:
    with routing_at(database_url, agreement=agreed("catch_up: 1", rest=AT_WORK)) as place:
        await place.team("inside", "ed")
        await place.team("inside", "flo", zone="UTC", absences="2026-11-02/2026-11-02 pto")
        place.clock.at = utc("2026-11-02T12:00")
        await place.offered(*EARLY)
        place.clock.at = utc("2026-11-03T12:00")
        await place.offered(*LATER)
        assert await held(place, *LATER) == {"ed": 1, "flo": 3}


async def test_whoever_was_off_shift_while_the_clock_ran_is_not_said_to_have_let_it_breach(
    database_url: str,
) -> None:
    with routing_at(database_url, agreement=counting("any_open")) as place:
        place.clock.at = utc("2026-11-02T18:00")
        lead = await held_by(place, "bob")
        await place.pass_time(timedelta(hours=4))
        assert (await place.state(lead)).declined == {at_acme("bob"): WAS_OFF_SHIFT}
        [passed, *_] = await why(place, "bob")
        assert passed.endswith("because they had had the lead already, or been asked to take it over")


async def test_a_cover_and_the_ladders_last_resort_are_named_by_no_rule(database_url: str) -> None:
    with routing_at(database_url) as place:
        await place.team("enterprise", "cy")
        await place.team("inside", "bob", cover=at_acme("cy"))
        await place.offered("ana")
        await place.tx(lambda tx: roster.leave(tx, at_acme("bob")))
        await place.sleep_through(timedelta(hours=30))
        assert await place.holder() == "lena"
        words = "1 lead by name: as a rule or the lead's history says, as a cover, or as a last resort"
        assert await why(place, "cy") == await why(place, "lena") == [words, "not in the team now"]


async def test_who_waits_for_their_next_day_is_not_away_either(database_url: str) -> None:
    with routing_at(database_url, agreement=PACED) as place:
        await place.team("inside", "ed", zone="UTC")
        await place.team("inside", "flo", calendar="berlin")
        place.clock.at = utc("2026-11-03T01:00")  # Ed's day has begun, Flo's opens at eight.
        await place.offered("a", "b", captured_via="import")
        await place.pass_time(timedelta(hours=8))
        assert await held(place, "a", "b") == {"flo": 2}
        [passed, *_] = await why(place, "ed")
        assert passed == "1.0 leads of their share went to others while they were at a cap, or at their pace"
