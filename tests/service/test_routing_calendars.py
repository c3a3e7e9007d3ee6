"""Calendars with an address are read again by themselves: all of one or nothing, and failures are seen."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.routing import metrics
from services.routing.domain.people.person import Absence
from services.routing.handlers.calendars import address_of, could_not_be_read, was_read
from shared.runtime.outgoing import DOCUMENT_BYTES_MAX
from shared.runtime.tx import Tx
from tests.service.other_side import OtherSide, other_side
from tests.service.routing_place import RoutingPlace, at_acme
from tests.service.telling_place import live, telling_at
from tests.service.test_routing_http import Api, api_of
from tests.service.test_routing_roster_http import BOB, CALENDAR, ROSTER

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)


@pytest.fixture
async def side() -> AsyncIterator[OtherSide]:
    async with other_side() as side:
        yield side


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[RoutingPlace]:
    async with telling_at(database_url) as place:
        yield place


@pytest.fixture
async def api(place: RoutingPlace, tmp_path: Path, side: OtherSide) -> AsyncIterator[Api]:
    """Bob's calendar is read from its address, and says that he is away on the eighth."""
    async with api_of(place, tmp_path) as api:
        await api.call("manager", "POST", "/v1/roster", content=ROSTER)
        says(side, "20261208")
        answer = await api.post("manager", f"{BOB}/absences", **{"from": side.url})
        assert answer.status_code == 200
        yield api


def says(side: OtherSide, day: str) -> None:
    side.says("200 OK", CALENDAR.format(day=day).encode())


async def hours(place: RoutingPlace, count: int) -> None:
    await live(place, count * HOUR, step=HOUR / 2)


async def away(api: Api) -> list[str]:
    [bob] = [one for one in (await api.get("manager", "/v1/roster")).json() if one["name"] == "Bob"]
    return [one["begin"] for one in bob["absences"] if one["imported"]]


async def shown(api: Api) -> dict[str, str | None] | None:
    [bob] = [one for one in (await api.get("manager", "/v1/roster")).json() if one["name"] == "Bob"]
    found: dict[str, str | None] | None = bob["calendar_read"]
    return found


def failing(tx: Tx) -> float | None:
    metrics.sample(tx)
    return REGISTRY.get_sample_value("baton_routing_calendars_failing")


async def test_every_hour_the_roster_says_what_the_calendar_says(
    api: Api, place: RoutingPlace, side: OtherSide
) -> None:
    says(side, "20261209")
    await hours(place, 3)
    assert (await away(api), len(side.requests)) == (["2026-12-09"], 1 + 3)
    history = (await api.get("manager", f"{BOB}/history")).json()
    assert [change["by"] for change in history][2:] == ["their calendar"], "what says the same is no change"
    assert (await shown(api) or {})["failing_since"] is None


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        ("302 Found", b"", "it answers 302 Found"),
        ("200 OK", b"<html>Sign in</html>", "this is no iCalendar file"),
        ("200 OK", CALENDAR.format(day="20261209").encode()[:-40], "this is no iCalendar file"),
        ("200 OK", b"x" * (DOCUMENT_BYTES_MAX + 1), "expected a document of at most 1024 KiB"),
    ],
)
async def test_while_it_can_not_be_read_nothing_of_it_is_taken_and_that_is_seen(
    api: Api, place: RoutingPlace, side: OtherSide, status: str, body: bytes, why: str
) -> None:
    side.says(status, body, location="http://127.0.0.1:1/private")
    began = place.clock.at
    await hours(place, 2)
    assert await away(api) == ["2026-12-08"]
    found = await shown(api) or {}
    assert why in str(found["why"])
    assert str(found["failing_since"])[:19] == (began + HOUR).isoformat()[:19], "since the first time"
    assert found["server"] == "127.0.0.1"
    assert "geheim" not in str(found), "the address may be a secret"
    assert await place.service.read(failing) == 1
    says(side, "20261210")
    await hours(place, 1)
    assert (await away(api), (await shown(api) or {})["why"]) == (["2026-12-10"], "")
    assert await place.service.read(failing) == 0


@pytest.mark.parametrize("written", ["", "2026-12-30 pto*", "2026-12-20 sick; 2026-12-30 pto*"])
async def test_a_roster_that_is_imported_leaves_what_the_calendar_says(api: Api, written: str) -> None:
    rows = f"person,name,teams,zone,absences\nbob@acme.example,Bob,inside,Europe/Lisbon,{written}\n"
    answer = await api.call("manager", "POST", "/v1/roster", content=rows)
    assert (answer.status_code, await away(api)) == (200, ["2026-12-08"])
    [bob] = [one for one in (await api.get("manager", "/v1/roster")).json() if one["name"] == "Bob"]
    assert [one["begin"] for one in bob["absences"] if not one["imported"]] == ["2026-12-20"] * (
        "sick" in written
    )


async def test_what_overlaps_with_it_in_part_is_refused_whole(api: Api) -> None:
    absences = "2026-12-08T12:00/2026-12-09T12:00 sick"
    rows = f"person,teams,zone,absences\nbob@acme.example,inside,Europe/Lisbon,{absences}\n"
    answer = await api.call("manager", "POST", "/v1/roster", content=rows + "di@acme.example,inside,,\n")
    assert (answer.status_code, await away(api)) == (422, ["2026-12-08"])
    [error] = answer.json()["errors"]
    assert error.startswith("bob@acme.example: absences, with those of their calendar: 2026-12-08T12:00/")
    assert "overlaps with 2026-12-08" in error


async def test_of_whom_a_calendar_says_nothing_a_file_need_not_say_where_they_are(
    api: Api, place: RoutingPlace
) -> None:
    address = await place.service.read(lambda tx: address_of(tx, at_acme("bob"))) or ""
    await place.service.tx(lambda tx: was_read(tx, at_acme("bob"), address, []))
    rows = "person,teams\nbob@acme.example,inside\n"
    assert (await api.call("manager", "POST", "/v1/roster", content=rows)).status_code == 200


async def test_once_a_file_was_read_by_hand_an_import_says_all_of_their_absences(api: Api) -> None:
    kind = {"content-type": "text/calendar"}
    body = CALENDAR.format(day="20261211")
    await api.call("manager", "POST", f"{BOB}/absences", content=body, headers=kind)
    await api.call("manager", "POST", "/v1/roster", content=ROSTER)
    assert await away(api) == []


async def test_a_file_read_by_hand_ends_the_reading(api: Api, place: RoutingPlace, side: OtherSide) -> None:
    kind = {"content-type": "text/calendar"}
    body = CALENDAR.format(day="20261211")
    await api.call("manager", "POST", f"{BOB}/absences", content=body, headers=kind)
    await hours(place, 3)
    assert (await away(api), await shown(api), len(side.requests)) == (["2026-12-11"], None, 1)


async def test_what_a_former_address_says_late_changes_nothing(
    api: Api, place: RoutingPlace, side: OtherSide
) -> None:
    found, bob = [Absence("2026-12-13", "2026-12-13", imported=True)], at_acme("bob")
    before = await shown(api)
    await place.service.tx(lambda tx: was_read(tx, bob, "https://former.example", found))
    await place.service.tx(lambda tx: could_not_be_read(tx, bob, "https://former.example", "gone"))
    assert (await away(api), await shown(api)) == (["2026-12-08"], before)


async def test_what_comes_late_does_not_bring_an_address_back_that_a_file_has_ended(
    api: Api, place: RoutingPlace, side: OtherSide
) -> None:
    address = await place.service.read(lambda tx: address_of(tx, at_acme("bob")))
    kind = {"content-type": "text/calendar"}
    body = CALENDAR.format(day="20261211")
    await api.call("manager", "POST", f"{BOB}/absences", content=body, headers=kind)
    assert address is not None
    await place.service.tx(lambda tx: was_read(tx, at_acme("bob"), address, []))
    assert (await away(api), await shown(api)) == (["2026-12-11"], None)


async def test_the_calendar_of_who_has_left_is_not_read(
    api: Api, place: RoutingPlace, side: OtherSide
) -> None:
    await api.call("manager", "POST", f"{BOB}/leave")
    await hours(place, 3)
    assert len(side.requests) == 1
    assert at_acme("bob") in BOB
