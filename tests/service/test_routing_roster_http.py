"""The roster over HTTP: exported, changed by absences and calendar files, every change with who made it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from shared.runtime.outgoing import DOCUMENT_BYTES_MAX
from tests.service.other_side import OtherSide, other_side
from tests.service.routing_place import RoutingPlace, at_acme, routing_at
from tests.service.test_routing_http import Api, api_of

pytestmark = pytest.mark.slow

BOB = f"/v1/roster/{at_acme('bob')}"
ROSTER = (
    "person,name,teams,zone,absences,cover,cover_takes_over\n"
    "bob@acme.example,Bob,inside=2; enterprise,Europe/Lisbon,2026-12-24/2026-12-31 pto,cy@acme.example,yes\n"
    "cy@acme.example,Cy,inside=1,,,,\n"
)
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:{day}\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


@pytest.fixture
async def side() -> AsyncIterator[OtherSide]:
    async with other_side() as side:
        yield side


@pytest.fixture
async def api(place: RoutingPlace, tmp_path: Path) -> AsyncIterator[Api]:
    async with api_of(place, tmp_path) as api:
        answer = await api.call("manager", "POST", "/v1/roster", content=ROSTER)
        assert answer.status_code == 200
        yield api


@pytest.mark.parametrize("format_", ["csv", "yaml", "json"])
async def test_what_is_exported_and_imported_again_changes_nothing(api: Api, format_: str) -> None:
    exported = await api.get("manager", f"/v1/roster/export?format={format_}")
    kind = {"content-type": exported.headers["content-type"]}
    again = await api.call("manager", "POST", "/v1/roster", content=exported.content, headers=kind)
    assert again.json() == {"added": [], "changed": [], "unchanged": 2}


@pytest.mark.parametrize("format_", ["csv", "yaml", "json"])
async def test_nor_does_it_once_somebody_s_cover_has_left(api: Api, format_: str) -> None:
    assert (await api.post("manager", f"/v1/roster/{at_acme('cy')}/leave")).status_code == 200
    exported = await api.get("manager", f"/v1/roster/export?format={format_}")
    kind = {"content-type": exported.headers["content-type"]}
    again = await api.call("manager", "POST", "/v1/roster", content=exported.content, headers=kind)
    assert again.json() == {"added": [], "changed": [], "unchanged": 1}


async def test_who_has_left_becomes_nobody_else_s_cover(api: Api) -> None:
    assert (await api.post("manager", f"/v1/roster/{at_acme('cy')}/leave")).status_code == 200
    row = "person,teams,cover\ndi@acme.example,inside,cy@acme.example\n"
    refused = await api.call("manager", "POST", "/v1/roster", content=row)
    assert refused.status_code == 422
    assert "cover: expected somebody of the roster, found 'cy@acme.example'" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("text/csv", "person,name,teams\nbob@acme.example,B\0b,inside\n"),
        ("application/yaml", 'people: [{person: bob@acme.example, name: "B\\0b", teams: inside}]'),
    ],
)
async def test_a_nul_is_named_with_its_place(api: Api, kind: str, written: str) -> None:
    headers = {"content-type": kind}
    answer = await api.call("manager", "POST", "/v1/roster", content=written, headers=headers)
    assert (answer.status_code, "name: has a NUL character" in answer.json()["detail"]) == (422, True)


async def test_every_change_is_kept_with_who_made_it(api: Api) -> None:
    added = await api.post("operator", f"{BOB}/absences", begin="2026-12-08", kind="sick")
    assert [(one["begin"], one["kind"]) for one in added.json()["absences"]] == [
        ("2026-12-08", "sick"),
        ("2026-12-24", "pto"),
    ]
    await api.post("operator", f"{BOB}/absences", begin="2026-12-08", kind="sick")
    await api.call("manager", "DELETE", f"{BOB}/absences/2026-12-24")
    await api.post("manager", f"{BOB}/leave")
    changes = (await api.get("manager", f"{BOB}/history")).json()
    assert [
        (
            c["by"],
            c["person"]["version"],
            [one["begin"] for one in c["person"]["absences"]],
            c["person"]["active"],
        )
        for c in changes
    ] == [
        (at_acme("manager"), 1, ["2026-12-24"], True),
        (at_acme("operator"), 2, ["2026-12-08", "2026-12-24"], True),
        (at_acme("manager"), 3, ["2026-12-08"], True),
        (at_acme("manager"), 4, ["2026-12-08"], False),
    ]
    assert changes[-1]["person"]["teams"] == {"inside": 2, "enterprise": 1}


@pytest.mark.parametrize("path", ["/absences", "/history", "/absences/2026-12-24", "/export"])
async def test_only_who_keeps_the_roster_may(api: Api, path: str) -> None:
    method = {"/absences": "POST", "/absences/2026-12-24": "DELETE"}.get(path, "GET")
    address = "/v1/roster/export" if path == "/export" else BOB + path
    for who in ("bob", "marketing", "arbiter"):
        assert (await api.call(who, method, address, json={"begin": "2026-12-08"})).status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b'{"begin": "2026-12-31"}', 422, "2026-12-31 overlaps with 2026-12-24/2026-12-31"),
        (b'{"begin": "soon"}', 422, "expected absences such as"),
        (b'{"begin": "2026-12-08", "kind": "pt0"}', 422, "did you mean 'pto'?"),
        (b'{"begin": "2026-12-08", "note": "B\\u0000b"}', 422, "NUL"),
        (b"{", 422, "this is no JSON"),
        (b"[" * 100_000, 422, "this is no JSON"),
        (b"[]", 422, "expected an absence such as"),
        (b'{"from": "ftp://x"}', 422, "no http or https address"),
    ],
)
async def test_an_absence_that_does_not_fit_is_refused_and_nothing_is_kept(
    api: Api, body: bytes, status: int, said: str
) -> None:
    answer = await api.call("manager", "POST", f"{BOB}/absences", content=body)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.json()
    assert len((await api.get("manager", f"{BOB}/history")).json()) == 1


async def test_absences_of_somebody_unknown_name_the_nearest(api: Api) -> None:
    answer = await api.post("manager", "/v1/roster/bobb@acme.example/absences", begin="2026-12-08")
    assert (answer.status_code, "did you mean 'bob@acme.example'?" in answer.json()["detail"]) == (404, True)
    assert (await api.get("manager", "/v1/roster/nobody@acme.example/history")).status_code == 404


async def test_a_calendar_file_replaces_the_one_before(api: Api) -> None:
    for day in ("20261208", "20261209"):
        kind = {"content-type": "text/calendar"}
        body = CALENDAR.format(day=day)
        answer = await api.call("manager", "POST", f"{BOB}/absences", content=body, headers=kind)
    assert [(one["begin"], one["imported"]) for one in answer.json()["absences"]] == [
        ("2026-12-09", True),
        ("2026-12-24", False),
    ]


async def test_a_calendar_is_fetched_from_its_address(api: Api, side: OtherSide) -> None:
    side.says("200 OK", CALENDAR.format(day="20261208").encode())
    answer = await api.post("manager", f"{BOB}/absences", **{"from": side.url})
    assert [one["begin"] for one in answer.json()["absences"]] == ["2026-12-08", "2026-12-24"]
    assert side.requests[0].line.startswith("GET /hook?token=geheim ")


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        ("302 Found", b"", "it answers 302 Found"),
        ("500 Broken", b"", "it answers 500 Broken"),
        ("200 OK", b"<html>Sign in</html>", "this is no iCalendar file"),
        ("200 OK", b"x" * (DOCUMENT_BYTES_MAX + 1), "expected a document of at most 1024 KiB"),
    ],
)
async def test_an_address_that_gives_no_calendar_changes_nothing(
    api: Api, side: OtherSide, status: str, body: bytes, said: str
) -> None:
    side.says(status, body, location="http://127.0.0.1:1/private")
    answer = await api.post("manager", f"{BOB}/absences", **{"from": side.url})
    assert (answer.status_code, said in answer.json()["detail"]) == (422, True), answer.json()
    assert len(side.requests) == 1
    assert len((await api.get("manager", f"{BOB}/history")).json()) == 1


async def test_no_private_address_is_called(place: RoutingPlace, tmp_path: Path, side: OtherSide) -> None:
    async with api_of(place, tmp_path, allow_private=False) as api:
        await api.call("manager", "POST", "/v1/roster", content=ROSTER)
        answer = await api.post("manager", f"{BOB}/absences", **{"from": side.url})
        assert (answer.status_code, "is a private address" in answer.json()["detail"]) == (422, True)
    assert side.requests == []
