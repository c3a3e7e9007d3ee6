"""Whoever has it instead of what was set aside: those whose it is, and not who has others by the rules."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from services.routing.domain.choosing.wanted import Wanted
from services.routing.domain.model import GivingUp
from services.routing.domain.people.bench import Bench
from services.routing.handlers import deciding
from services.routing.handlers.decisions import replay
from services.routing.store.bench import load_bench
from shared.testing.leads import lead_id
from tests.service.routing_place import RoutingPlace, qualified, routing_at
from tests.service.test_routing_aside import CHOOSES, set_aside


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url, agreement=CHOOSES) as place:
        yield place


async def differs(place: RoutingPlace, number: int) -> list[str]:
    name = f"{lead_id('ana')}.{number}"
    return (await place.service.read(lambda tx: replay(tx, name, {}))).differs


async def test_what_waits_for_those_whose_it_is_is_given_out_to_them(place: RoutingPlace) -> None:
    await place.team("executives", "al")
    await place.say(set_aside(rule="open", team="inside"))
    await place.turn()
    assert await place.holder() == "queue of inside"
    await place.team("enterprise", "eva")
    await place.pass_time(timedelta(0))
    assert await place.holder() == "eva", "not who has others by the routing rules"
    assert await differs(place, 2) == []


@pytest.mark.parametrize("turns_out", [False, True])
async def test_who_lets_it_run_out_is_followed_by_those_whose_it_is(
    place: RoutingPlace, turns_out: bool
) -> None:
    await place.team("inside", "bob")
    aside = set_aside(rule="enterprise only", team="enterprise")
    if turns_out:
        await place.offered("ana")
        await place.say(replace(aside, handover=None))
    else:
        await place.team("enterprise", "ed")
        await place.say(aside)
    await place.turn()
    assert await place.holder() == ("bob" if turns_out else "ed")
    await place.team("enterprise", "eva")
    await place.pass_time(timedelta(hours=4))
    assert await place.holder() == "eva"
    assert await differs(place, 2) == []


async def test_what_is_an_mql_after_all_goes_by_the_rules_again(place: RoutingPlace) -> None:
    await place.team("enterprise", "ed")
    await place.say(set_aside(rule="enterprise only", team="enterprise"))
    await place.say(replace(qualified(), handover=None))
    await place.turn()
    await place.team("inside", "bob")
    await place.pass_time(timedelta(hours=4))
    assert await place.holder() == "bob"


async def test_what_comes_back_later_goes_by_the_rules_again(place: RoutingPlace) -> None:
    await place.team("enterprise", "ed")
    await place.team("inside", "bob")
    await place.say(set_aside(rule="enterprise only", team="enterprise"))
    await place.turn()
    await place.do("accept", "ed")
    await place.do("disqualify", "ed", why=GivingUp("no-need"))
    await place.recycle_takes()
    await place.recycle_returns()
    assert (await place.holder(), (await place.state()).whose) == ("bob", None)


async def test_who_may_have_it_instead_is_foreseen_and_locked_at_once(
    place: RoutingPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    benches: list[Wanted] = []

    def watched(conn: Connection, wanted: Wanted, *rest: Any, **more: Any) -> Bench:
        benches.append(wanted)
        return load_bench(conn, wanted, *rest, **more)

    await place.team("inside", "bob")
    await place.team("enterprise", "ed", "eva")
    await place.say(set_aside(rule="enterprise only", team="enterprise"))
    await place.turn()
    await place.pass_time(timedelta(0))
    monkeypatch.setattr(deciding, "load_bench", watched)
    await place.pass_time(timedelta(hours=4))
    assert [set(wanted.teams) for wanted in benches if wanted.teams] == [{"enterprise"}]
