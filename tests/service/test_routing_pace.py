"""Leads that come in a heap: they wait for their release, and no clock runs for one before it."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from services.routing import handlers
from services.routing.domain.choosing.wanted import Wanted
from services.routing.domain.people.bench import Bench
from services.routing.domain.people.pause import Kind
from services.routing.handlers import deciding
from services.routing.store.bench import load_bench
from services.routing.store.turns import counts_of, given_on
from shared.contracts.ingest import ActivityRecorded
from shared.contracts.routing import LeadAssigned
from shared.contracts.values import Account, Activity
from tests.service.routing_place import SNAPSHOT, RoutingPlace, at_acme, routing_at
from tests.service.test_routing_aside import set_aside
from tests.service.test_routing_pauses import pause, resume, same
from tests.service.test_routing_who_can import agreed

PACE = "reassign_at_most: 2\n  pace: {when: {captured.via: import}, per_rep_per_day: 2}"
PACED = (
    agreed("at_most: {open: 90}")
    .replace("reassign_at_most: 2", PACE)
    .replace("accept_within: 4h", "accept_within: 30d")
)
SOON = datetime.fromisoformat("2026-11-02T12:30Z")
IMPORT: dict[str, Any] = {"captured_via": "import"}


async def held(place: RoutingPlace, leads: list[str]) -> Counter[str]:
    return Counter([await place.holder(lead) for lead in leads])


async def imported(place: RoutingPlace, count: int) -> list[str]:
    """So many leads of a trade show; the later ones have the higher scores."""
    leads = [f"lead-{n}" for n in range(count)]
    for score, lead in enumerate(leads, 40):
        await place.offered(lead, score=score, **IMPORT)
    return leads


async def test_a_heap_waits_and_starts_no_clock_until_it_is_released(database_url: str) -> None:
    with routing_at(database_url, agreement=PACED) as place:
        await place.team("inside", "bob", calendar="berlin")
        leads = await imported(place, 3)
        assert await held(place, leads) == {"queue of inside": 3}
        said = [(await place.said(LeadAssigned, lead))[0] for lead in leads]
        assert [one.position for one in said] == [1, 2, 3]
        assert {one.why for one in said} == {"paced"}
        tomorrow = datetime.fromisoformat("2026-11-03T08:00Z")
        assert {one.release_at for one in said} == {tomorrow}, "09:00 in Berlin"
        assert [one.deadlines for one in said] == [(), (), ()]
        states = [await place.state(lead) for lead in leads]
        assert [state.waits for state in states] == [{}, {}, {}]
        await place.pass_time(tomorrow - place.clock.now())
        assert await held(place, leads) == {"queue of inside": 1, "bob": 2}
        assert await place.holder(leads[0]) == "queue of inside", "the highest score goes out first"
        released = await place.state(leads[2])
        assert released.clock("accept") is not None
        assert released.clock("accept").started_at == tomorrow
        assert released.stalled_at is not None


async def test_each_rep_is_given_so_many_a_day_at_the_opening_of_their_own_day(database_url: str) -> None:
    with routing_at(database_url, agreement=PACED) as place:
        await place.team("inside", "bob", calendar="berlin")
        await place.team("inside", "cy", calendar="denver")
        leads = await imported(place, 9)
        await place.pass_time(timedelta(hours=2, minutes=59))
        assert (await held(place, leads))["cy"] == 0
        await place.pass_time(timedelta(minutes=1))
        assert await held(place, leads) == {"queue of inside": 7, "cy": 2}, "08:00 in Denver"
        await place.pass_time(timedelta(hours=17))
        assert await held(place, leads) == {"queue of inside": 5, "bob": 2, "cy": 2}
        await place.pass_time(timedelta(days=6))
        assert await held(place, leads) == {"bob": 4, "cy": 5}


@pytest.mark.parametrize(("kind", "name"), [("rep", at_acme("bob")), ("team", "inside")])
async def test_who_was_paused_when_their_day_opened_is_given_theirs_once_they_are_resumed(
    database_url: str, kind: Kind, name: str
) -> None:
    with routing_at(database_url, agreement=PACED) as place:
        await place.team("inside", "bob", calendar="berlin")
        leads = await imported(place, 3)
        await pause(place, kind, name)
        await place.pass_time(timedelta(hours=1))
        await resume(place, kind, name)
        assert await held(place, leads) == {"queue of inside": 3}, "no day of theirs has opened yet"
        await pause(place, kind, name)
        await place.pass_time(timedelta(hours=20))
        assert await held(place, leads) == {"queue of inside": 3}
        await resume(place, kind, name)
        assert await held(place, leads) == {"queue of inside": 1, "bob": 2}, "the pace of a day"
        await place.pass_time(timedelta(days=1))
        assert await held(place, leads) == {"bob": 3}


async def test_a_fast_lane_waits_for_no_pace(database_url: str) -> None:
    with routing_at(database_url, agreement=PACED) as place:
        await place.team("inside", "bob", calendar="berlin")
        await imported(place, 3)
        for lead, did in (("lead-0", "page_viewed"), ("lead-1", "demo_requested")):
            activity = Activity(seq=2, type=did, at=place.clock.at, source="website")
            await place.say(ActivityRecorded(activity=activity), lead)
        await place.turn()
        assert [await place.holder(f"lead-{n}") for n in range(3)] == [
            "queue of inside",
            "bob",
            "queue of inside",
        ]
        state = await place.state("lead-1")
        assert (state.position, state.clock("accept") is not None) == (None, True)
        assert state.story.fast_lane
        [_, released] = await place.said(LeadAssigned, "lead-1")
        assert (released.why, "a fast lane waits for no pace" in released.receipt.note) == ("released", True)
        assert await same(place, "lead-1", number=2) == []
        given = await place.service.read(lambda tx: given_on(tx.conn, {at_acme("bob"): "2026-11-02"}))
        assert given == {at_acme("bob"): (1, 0)}, "it took the place of none that keeps the pace"
        await place.pass_time(timedelta(days=1))
        assert await held(place, ["lead-0", "lead-2"]) == {"bob": 2}


async def test_who_may_get_it_by_a_fast_lane_is_foreseen_and_locked_at_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    overflowing = PACED.replace("lead: lena@", 'nobody_available: "overflow:enterprise"\n      lead: lena@')
    benches: list[Wanted] = []

    def watched(conn: Connection, wanted: Wanted, *rest: Any, **more: Any) -> Bench:
        benches.append(wanted)
        return load_bench(conn, wanted, *rest, **more)

    with routing_at(database_url, agreement=overflowing) as place:
        await place.team("inside", "bob", calendar="berlin")
        await imported(place, 1)
        monkeypatch.setattr(deciding, "load_bench", watched)
        for seq, did in enumerate(("page_viewed", "demo_requested"), 2):
            activity = Activity(seq=seq, type=did, at=place.clock.at, source="website")
            await place.say(ActivityRecorded(activity=activity), "lead-0")
            await place.turn()
        assert await place.holder("lead-0") == "bob"
    assert [set(wanted.teams) for wanted in benches] == [set(), {"inside", "enterprise"}]


async def test_equal_scores_go_out_by_arrival(database_url: str) -> None:
    with routing_at(database_url, agreement=PACED) as place:
        await place.team("inside", "bob", calendar="berlin")
        for name in ("first", "second", "third", "fourth"):
            await place.offered(name, **IMPORT)
        await place.pass_time(timedelta(days=1))
        assert [await place.holder(lead) for lead in ("first", "second", "third")] == [
            "bob",
            "bob",
            "queue of inside",
        ]


async def test_other_leads_do_not_wait_behind_a_heap(database_url: str) -> None:
    with routing_at(database_url, agreement=PACED) as place:
        await place.team("inside", "bob", calendar="berlin")
        await imported(place, 4)
        await place.offered("ana", score=1)
        assert await place.holder() == "bob"


async def test_room_that_a_rep_has_again_releases_nothing_of_a_heap(database_url: str) -> None:
    with routing_at(database_url, agreement=PACED) as place:
        await place.team("inside", "bob", calendar="berlin")
        leads = await imported(place, 2)
        await place.offered("ana")
        await place.do("reject", "bob", reason="not-a-lead", note="", duplicate_of=None)
        await place.pass_time(timedelta(0))
        assert (await held(place, leads)) == {"queue of inside": 2}


async def test_who_is_named_is_given_no_more_of_a_heap_than_others(database_url: str) -> None:
    with routing_at(database_url, agreement=PACED) as place:
        await place.team("inside", "bob", calendar="berlin")
        mine = Account(owner=at_acme("bob"), match="strong")
        leads = [f"lead-{n}" for n in range(3)]
        await place.offered(*leads, account=mine, **IMPORT)
        await place.pass_time(timedelta(days=1))
        assert await held(place, leads) == {"queue of inside": 1, "bob": 2}
        counts = await place.service.read(lambda tx: counts_of(tx.conn, "inside"))
        assert {key: count.lines for key, count in counts.items()} == {(at_acme("bob"), "named"): 2}


async def test_who_is_named_and_has_all_the_leads_that_a_member_may_have_open_is_given_none_of_a_heap(
    database_url: str,
) -> None:
    with routing_at(database_url, agreement=PACED.replace("{open: 90}", "{open: 1}")) as place:
        await place.team("inside", "bob", calendar="berlin")
        mine = Account(owner=at_acme("bob"), match="strong")
        await place.offered("ana", account=mine)
        leads = [f"lead-{n}" for n in range(3)]
        await place.offered(*leads, account=mine, **IMPORT)
        await place.pass_time(timedelta(days=1))
        assert await held(place, leads) == {"queue of inside": 3}, "not all of them at once"
        await place.do("reject", "bob", reason="not-a-lead", note="", duplicate_of=None)
        await place.pass_time(timedelta(days=1))
        assert await held(place, leads) == {"queue of inside": 2, "bob": 1}


async def test_a_heap_that_is_set_aside_is_released_at_the_pace_to_those_whose_it_is(
    database_url: str,
) -> None:
    rule = "  set_aside: [{name: customer, when: {account.relation: customer}, to: {team: enterprise}}]\n"
    with routing_at(database_url, agreement=PACED.replace("definitions:", rule + "definitions:", 1)) as place:
        await place.team("enterprise", "dan", zone="UTC")
        imported = replace(SNAPSHOT, captured_via="import")
        for lead in "abc":
            await place.say(set_aside(rule="customer", team="enterprise", snapshot=imported), lead)
            await place.turn()
        assert [(await place.state(lead)).position for lead in "abc"] == [1, 2, 3]
        await place.pass_time(timedelta(hours=13))
        assert [await place.holder(lead) for lead in "abc"] == ["dan", "dan", "queue of enterprise"]


async def test_a_heap_that_a_later_version_sends_to_a_queue_is_its_deputys(database_url: str) -> None:
    after = PACED.replace("version: 1", "version: 2").replace("to: {team: inside}", "to: {queue: inside}")
    with routing_at(database_url, agreement=PACED, then=(SOON, after)) as place:
        await place.team("inside", "bob", calendar="berlin")
        leads = await imported(place, 1)
        await place.pass_time(timedelta(hours=1))
        await place.tx(handlers.on_agreement)
        await place.pass_time(timedelta(0))
        state = await place.state(leads[0])
        assert (state.position, state.waiting) == (None, False), "it waits for nobody's room"
        assert await place.holder(leads[0]) == "queue of inside"


async def test_what_turns_out_to_be_set_aside_while_it_waits_in_a_heap_keeps_its_pace(
    database_url: str,
) -> None:
    rule = "  set_aside: [{name: customer, when: {account.relation: customer}, to: {team: enterprise}}]\n"
    with routing_at(database_url, agreement=PACED.replace("definitions:", rule + "definitions:", 1)) as place:
        await place.team("enterprise", "dan", zone="UTC")
        leads = await imported(place, 3)
        turned_out = set_aside(
            rule="customer", team="enterprise", snapshot=replace(SNAPSHOT, captured_via="import")
        )
        for lead in leads:
            await place.say(replace(turned_out, handover=None), lead)
            await place.turn()
        assert [(await place.state(lead)).position for lead in leads] == [1, 2, 3]
        assert {(await place.state(lead)).why for lead in leads} == {"paced"}
        assert await same(place, leads[0], number=2) == []
        await place.pass_time(timedelta(hours=13))
        assert await held(place, leads) == {"dan": 2, "queue of enterprise": 1}


async def test_a_heap_of_a_team_without_anybody_is_looked_at_again(database_url: str) -> None:
    with routing_at(database_url, agreement=PACED) as place:
        [lead] = await imported(place, 1)
        await place.pass_time(timedelta(days=1))
        await place.team("inside", "bob")
        await place.pass_time(timedelta(days=1))
        assert await place.holder(lead) == "bob"
