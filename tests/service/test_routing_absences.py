"""Absences: who is away gets nothing, their cover has what comes up, and queues look for who is back."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.routing.handlers import roster
from services.routing.handlers.absences import ABSENCE, Turning, steps_of
from services.routing.handlers.deciding import decide_all, person_key
from shared.agreement import load_text
from shared.contracts.routing import HandoffOffered, HandoffRefused, LeadAssigned, RepChanged
from shared.contracts.values import Account
from shared.effects import FiredTimer
from shared.runtime.service import OneAgreement
from shared.runtime.tx import Tx
from shared.testing.leads import lead_id
from tests.service.routing_place import AGREEMENT, WITH_CALENDAR, RoutingPlace, at_acme, routing_at

pytestmark = pytest.mark.slow

ANSWERS = {"need": "a new line", "timeline": "spring"}
HOUR = timedelta(hours=1)


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


def away(place: RoutingPlace, begin: float, end: float) -> str:
    """An absence that begins and ends so many hours from now."""
    first, last = (place.clock.now() + timedelta(hours=hours) for hours in (begin, end))
    return f"{first:%Y-%m-%dT%H:%M}/{last:%Y-%m-%dT%H:%M} pto"


async def bob_is_away(
    place: RoutingPlace, begin: float, end: float, team: str = "inside", **more: str
) -> None:
    await place.team(team, "bob", zone="UTC", absences=away(place, begin, end), **more)
    await place.pass_time(timedelta())


async def test_when_an_absence_begins_the_cover_has_what_they_hold_and_a_clock_of_their_own(
    place: RoutingPlace,
) -> None:
    await place.team("enterprise", "cy")
    await bob_is_away(place, 2, 10, cover=at_acme("cy"), cover_takes_over="true")
    await place.offered("a", "b")
    await place.do("accept", "bob", "a")
    await place.pass_time(2 * HOUR)
    assert {await place.holder("a"), await place.holder("b")} == {"cy"}
    covered = [assigned for assigned in await place.said(LeadAssigned) if assigned.why == "covered"]
    assert [(a.by, a.deadlines[0].due_at) for a in covered] == [
        (at_acme("bob"), place.clock.now() + 4 * HOUR)
    ] * 2
    state = await place.state("a")
    assert (state.accepted, state.custody.reassignments) == (False, 0)
    assert state.receipt is not None
    assert state.receipt.note == "cy@acme.example covers for bob@acme.example"


async def test_what_they_hold_stays_with_them_unless_the_cover_takes_over(place: RoutingPlace) -> None:
    await place.team("enterprise", "cy")
    await bob_is_away(place, 2, 10, cover=at_acme("cy"))
    await place.offered("a")
    await place.pass_time(2 * HOUR)
    assert await place.holder("a") == "bob"
    await place.offered("b")
    assert await place.holder("b") == "queue of inside"


async def test_when_it_ends_the_queue_gives_out_what_waits(place: RoutingPlace) -> None:
    await bob_is_away(place, 0, 3)
    await place.offered("a")
    assert (await place.holder("a"), (await place.state("a")).waiting) == ("queue of inside", True)
    await place.pass_time(3 * HOUR)
    assert await place.holder("a") == "bob"
    changes = [(c.active, c.away_until) for c in await place.said(RepChanged) if c.person == at_acme("bob")]
    assert changes[-1] == (True, None)
    assert (True, place.clock.now()) in changes


async def test_an_absence_that_the_service_slept_through_takes_nothing_from_anybody(
    place: RoutingPlace,
) -> None:
    await place.team("enterprise", "cy")
    await bob_is_away(place, 1, 2, cover=at_acme("cy"), cover_takes_over="true")
    await place.offered("a")
    await place.sleep_through(3 * HOUR)
    assert await place.holder("a") == "bob"


async def test_an_absence_that_is_taken_back_before_it_begins_does_nothing(place: RoutingPlace) -> None:
    await place.team("enterprise", "cy")
    await bob_is_away(place, 1, 2, cover=at_acme("cy"), cover_takes_over="true")
    await place.team("inside", "bob", zone="UTC", cover=at_acme("cy"), cover_takes_over="true")
    await place.offered("a")
    await place.pass_time(1.5 * HOUR)
    assert await place.holder("a") == "bob"


async def test_an_absence_that_begins_with_the_roster_begins_at_once(place: RoutingPlace) -> None:
    await place.team("enterprise", "cy")
    await place.team("inside", "bob")
    await place.offered("a")
    await bob_is_away(place, -1, 5, cover=at_acme("cy"), cover_takes_over="true")
    assert await place.holder("a") == "cy"


async def test_the_cover_of_a_cover_who_is_away_too_has_it_and_without_one_the_team(
    place: RoutingPlace,
) -> None:
    await place.team("enterprise", "eve")
    await place.team("enterprise", "cy", zone="UTC", absences=away(place, -1, 9), cover=at_acme("eve"))
    await place.team("inside", "bob")
    await place.offered("a")
    await bob_is_away(place, 1, 5, cover=at_acme("cy"), cover_takes_over="true")
    await place.pass_time(HOUR)
    assert await place.holder("a") == "eve"


async def test_where_two_who_cover_for_each_other_are_away_it_goes_by_the_rules(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "eve")
    await place.offered("a", account=Account(owner=at_acme("bob")))
    await place.team("enterprise", "cy", zone="UTC", absences=away(place, -1, 9))
    await bob_is_away(place, 1, 5, cover=at_acme("cy"), cover_takes_over="true")
    await place.team("enterprise", "cy", zone="UTC", absences=away(place, -1, 9), cover=at_acme("bob"))
    await place.pass_time(HOUR)
    assert await place.holder("a") == "eve"


async def test_without_anybody_who_covers_what_they_hold_goes_by_the_rules(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("a")
    await bob_is_away(place, 1, 5, cover_takes_over="true")
    await place.team("inside", "cy")
    await place.pass_time(HOUR)
    assert await place.holder("a") == "cy"


async def test_a_lead_for_somebody_by_name_goes_to_their_cover_while_they_are_away(
    place: RoutingPlace,
) -> None:
    await place.team("enterprise", "cy")
    await bob_is_away(place, 0, 3, cover=at_acme("cy"))
    await place.offered("a", account=Account(owner=at_acme("bob")))
    assert await place.holder("a") == "cy"
    await place.pass_time(3 * HOUR)
    await place.offered("b", account=Account(owner=at_acme("bob")))
    assert (await place.holder("a"), await place.holder("b")) == ("cy", "bob")


async def test_a_hand_off_to_somebody_who_goes_away_is_offered_to_somebody_else(place: RoutingPlace) -> None:
    await place.team("inside", "sue")
    await bob_is_away(place, 1, 5, "executives", cover=at_acme("sue"), cover_takes_over="true")
    await place.offered("ana")
    await place.do("accept", "sue")
    await place.do("qualify", "sue", answers=ANSWERS)
    await place.pass_time(HOUR)
    [refused] = await place.said(HandoffRefused)
    assert (refused.by, refused.reason, await place.holder()) == (at_acme("bob"), "is absent", "sue")
    assert [offered.to for offered in await place.said(HandoffOffered)] == [at_acme("bob"), at_acme("alba")]


@pytest.mark.parametrize(
    ("absent", "answers"), [(["dora"], "lena"), (["lena"], "dora"), (["dora", "lena"], "dora")]
)
async def test_a_deputy_who_is_away_is_skipped_and_if_all_are_the_first_answers(
    database_url: str, absent: list[str], answers: str
) -> None:
    two = AGREEMENT.replace("deputy: [dora@acme.example]", "deputy: [dora@acme.example, lena@acme.example]")
    with routing_at(database_url, agreement=two) as place:
        for deputy in absent:
            await place.team("executives", deputy, zone="UTC", absences=away(place, -1, 5))
        await place.offered("a")
        holder = (await place.state("a")).custody.holder
        assert holder is not None
        assert (holder.kind, holder.answers) == ("queue", at_acme(answers))


async def test_who_leaves_hands_over_to_their_cover(place: RoutingPlace) -> None:
    await place.team("enterprise", "cy")
    await place.team("inside", "bob", cover=at_acme("cy"))
    await place.team("inside", "eve")
    await place.offered("a", "b", "c")
    theirs = [lead for lead in "abc" if await place.holder(lead) == "bob"]
    await place.tx(lambda tx: roster.leave(tx, at_acme("bob"), at_acme("manager")))
    await place.turn()
    assert {await place.holder(lead) for lead in theirs} == {"cy"}
    changes = await place.service.read(lambda tx: roster.history(tx, at_acme("bob")))
    assert [(c.listed.active, c.by) for c in changes] == [
        (True, "the roster file"),
        (False, at_acme("manager")),
    ]


async def test_a_calendar_that_moves_to_another_zone_moves_the_days_of_absences(database_url: str) -> None:
    with routing_at(database_url, agreement=WITH_CALENDAR) as place:
        tomorrow = f"{place.clock.now() + timedelta(days=1):%Y-%m-%d}"
        await place.team("enterprise", "cy")
        more = {"cover": at_acme("cy"), "cover_takes_over": "true", "absences": tomorrow}
        await place.team("inside", "bob", calendar="lisbon", **more)
        await place.offered("a")
        await place.do("accept", "bob", "a")
        await place.pass_time(11 * HOUR)
        assert await place.holder("a") == "bob"
        in_asia = WITH_CALENDAR.replace("Europe/Lisbon", "Asia/Tokyo").replace("version: 1", "version: 2")
        place.service.agreements = OneAgreement(load_text(in_asia))
        await place.tx(place.service.on_agreement)
        await place.pass_time(timedelta())
        assert await place.holder("a") == "cy"


async def test_nothing_passes_on_if_the_absence_was_taken_back_in_the_same_moment(
    place: RoutingPlace,
) -> None:
    bob, lead = at_acme("bob"), lead_id("a")
    await place.team("enterprise", "cy")
    await place.team("inside", "bob", cover=at_acme("cy"), cover_takes_over="true")
    await place.offered("a")

    def begins(tx: Tx) -> None:
        listed = next(one for one in roster.everybody(tx) if one.entry.person == bob)
        timer = FiredTimer("1", person_key(bob), ABSENCE, tx.now, {"person": bob})
        decide_all(tx, steps_of(tx, Turning({bob: listed}, {bob: timer}, {bob: [lead]})))

    await place.tx(begins)
    assert await place.holder("a") == "bob"


async def test_what_somebodys_own_timer_is_kept_under_does_not_say_their_address(place: RoutingPlace) -> None:
    await bob_is_away(place, 2, 10)
    timers = place.service.messaging.timers
    query = select(timers.c.lead_id).where(timers.c.purpose == ABSENCE)
    kept = list(await place.tx(lambda tx: tx.conn.execute(query).scalars().all()))
    assert kept == [person_key(at_acme("bob"))]
    assert "bob" not in kept[0]
