"""What waits in a queue is given out as soon as anybody can take it: of another team too, or by name."""

from datetime import timedelta

import pytest

from services.routing.handlers.pauses import Word, pause, resume
from shared.contracts.values import Account
from tests.service.routing_place import RoutingPlace, at_acme, routing_at
from tests.service.test_routing_absences import away
from tests.service.test_routing_aside import set_aside
from tests.service.test_routing_who_can import agreed

HOUR = timedelta(hours=1)
WAITS = "queue of inside"
OVERFLOWS = "nobody_available: overflow:enterprise"
ELSE = "{name: rest, to: {team: inside, else: {team: enterprise}}}"
BY_WORD = "{name: rest, to: {team: inside, else: {team: account.pod}}}"
FIRST_OPEN = "{name: rest, to: {first_open: [inside, enterprise]}}"
SENDS_ON = (
    pytest.param({"inside": OVERFLOWS}, id="overflow"),
    pytest.param({"rest": ELSE}, id="else"),
    pytest.param({"rest": BY_WORD}, id="a team by a word"),
    pytest.param({"rest": FIRST_OPEN}, id="first open"),
)
THEIRS = Account(pod="enterprise")
NAMED = Account(owner=at_acme("cy"), match="strong")
IN_NO_HURRY = "queue_within: 9d"
SOON = "reassign_at_most: 2"
PACE = f"{SOON}\n  pace: {{when: {{captured.via: import}}, per_rep_per_day: 2}}"


def written(**words: str) -> str:
    return agreed(**words).replace("queue_within: 30m", IN_NO_HURRY)


async def nothing_else(place: RoutingPlace) -> None:
    """What is due at this instant is done."""
    await place.pass_time(timedelta())


@pytest.mark.parametrize("words", SENDS_ON)
async def test_who_joins_the_other_team_has_what_waits(database_url: str, words: dict[str, str]) -> None:
    with routing_at(database_url, agreement=written(**words)) as place:
        await nothing_else(place)
        await place.offered("ana", account=THEIRS)
        assert await place.holder() == WAITS
        await place.team("enterprise", "cy")
        await nothing_else(place)
        assert await place.holder() == "cy"


@pytest.mark.parametrize("words", SENDS_ON)
async def test_who_is_back_in_the_other_team_has_what_waits(database_url: str, words: dict[str, str]) -> None:
    with routing_at(database_url, agreement=written(**words)) as place:
        await place.team("enterprise", "cy", zone="UTC", absences=away(place, 0, 3))
        await nothing_else(place)
        await place.offered("ana", account=THEIRS)
        assert await place.holder() == WAITS
        await place.pass_time(3 * HOUR)
        assert await place.holder() == "cy"


@pytest.mark.parametrize("words", SENDS_ON)
async def test_who_is_resumed_in_the_other_team_has_what_waits(
    database_url: str, words: dict[str, str]
) -> None:
    word = Word("team", "enterprise", at_acme("mia"), "too much")
    with routing_at(database_url, agreement=written(**words)) as place:
        await place.team("enterprise", "cy")
        await place.tx(lambda tx: pause(tx, word))
        await nothing_else(place)
        await place.offered("ana", account=THEIRS)
        assert await place.holder() == WAITS
        await place.tx(lambda tx: resume(tx, word))
        await nothing_else(place)
        assert await place.holder() == "cy"


async def test_so_does_what_is_set_aside(database_url: str) -> None:
    aside = f"  set_aside: [{ELSE.replace('rest', 'customer, when: {account.relation: customer}')}]\n"
    word = Word("team", "enterprise", at_acme("mia"), "too much")
    with routing_at(
        database_url, agreement=written().replace("definitions:", aside + "definitions:", 1)
    ) as place:
        await place.team("enterprise", "cy")
        await place.tx(lambda tx: pause(tx, word))
        await nothing_else(place)
        await place.say(set_aside(team="inside"))
        await place.turn()
        assert await place.holder() == WAITS
        await place.tx(lambda tx: resume(tx, word))
        await nothing_else(place)
        assert await place.holder() == "cy"


@pytest.mark.parametrize("words", SENDS_ON)
async def test_who_has_room_again_in_the_other_team_has_what_waits(
    database_url: str, words: dict[str, str]
) -> None:
    capped = written(**{"inside": "", **words}, enterprise=f"at_most: {{open: 1}}, {IN_NO_HURRY}")
    with routing_at(database_url, agreement=capped) as place:
        await place.team("enterprise", "cy")
        await nothing_else(place)
        await place.offered("first", account=THEIRS)
        await place.offered("ana", account=THEIRS)
        assert [await place.holder("first"), await place.holder()] == ["cy", WAITS]
        await place.do("reject", "cy", "first", reason="not-a-lead", note="", duplicate_of=None)
        await nothing_else(place)
        assert await place.holder() == "cy"


@pytest.mark.parametrize("words", SENDS_ON)
async def test_when_a_day_begins_in_the_other_team_it_has_what_waits(
    database_url: str, words: dict[str, str]
) -> None:
    capped = written(**{"inside": "", **words}, enterprise=f"at_most: {{per_day: 1}}, {IN_NO_HURRY}")
    with routing_at(
        database_url, agreement=capped.replace("accept_within: 4h", "accept_within: 9d")
    ) as place:
        await place.team("enterprise", "cy", zone="UTC")
        await nothing_else(place)
        await place.offered("first", account=THEIRS)
        await place.offered("ana", account=THEIRS)
        assert [await place.holder("first"), await place.holder()] == ["cy", WAITS]
        await place.pass_time(13 * HOUR)
        assert await place.holder() == "cy"


async def test_whose_it_is_by_name_has_what_waits_in_another_team_when_they_are_back(
    database_url: str,
) -> None:
    with routing_at(database_url, agreement=written()) as place:
        await place.team("enterprise", "cy", zone="UTC", absences=away(place, 0, 3))
        await nothing_else(place)
        await place.offered("ana", account=NAMED)
        assert await place.holder() == WAITS
        await place.pass_time(3 * HOUR)
        assert await place.holder() == "cy"


async def test_whose_it_is_by_name_has_it_when_they_are_resumed(database_url: str) -> None:
    word = Word("rep", at_acme("cy"), at_acme("mia"), "too much")
    with routing_at(database_url, agreement=written()) as place:
        await place.team("enterprise", "cy")
        await place.tx(lambda tx: pause(tx, word))
        await nothing_else(place)
        await place.offered("ana", account=NAMED)
        assert await place.holder() == WAITS
        await place.tx(lambda tx: resume(tx, word))
        await nothing_else(place)
        assert await place.holder() == "cy"


# ---- of a heap


async def a_heap_for(place: RoutingPlace, account: Account) -> None:
    """One lead of an import, while the only one of its team begins to work at 09:00 tomorrow, in Berlin."""
    await place.team("inside", "bob", calendar="berlin")
    await nothing_else(place)
    await place.offered("ana", captured_via="import", account=account)
    await nothing_else(place)
    assert await place.holder() == WAITS


async def test_a_heap_is_released_to_another_team_when_a_day_begins_there(database_url: str) -> None:
    with routing_at(database_url, agreement=written(inside=OVERFLOWS).replace(SOON, PACE)) as place:
        await place.team("enterprise", "cy", calendar="denver")
        await a_heap_for(place, THEIRS)
        await place.pass_time(3 * HOUR)
        assert await place.holder() == "cy", "08:00 in Denver"


async def test_a_heap_is_released_to_whose_it_is_by_name_when_their_day_begins(database_url: str) -> None:
    with routing_at(database_url, agreement=written().replace(SOON, PACE)) as place:
        await place.team("enterprise", "cy", calendar="denver")
        await a_heap_for(place, NAMED)
        await place.pass_time(3 * HOUR)
        assert await place.holder() == "cy"


async def test_who_joins_has_of_a_heap_what_came_before_their_day_began(database_url: str) -> None:
    with routing_at(database_url, agreement=written().replace(SOON, PACE)) as place:
        await a_heap_for(place, THEIRS)
        await place.pass_time(4 * HOUR)
        await place.team("inside", "cy", calendar="denver")
        await nothing_else(place)
        assert await place.holder() == "cy", "09:00 in Denver: their day began after the lead had come"


async def test_whose_it_is_by_name_has_what_came_in_a_heap_when_they_are_back(database_url: str) -> None:
    with routing_at(database_url, agreement=written().replace(SOON, PACE)) as place:
        await place.team("enterprise", "cy", zone="UTC", absences=away(place, 0, 15))
        await a_heap_for(place, NAMED)
        await place.pass_time(15 * HOUR)
        assert await place.holder() == "cy"
