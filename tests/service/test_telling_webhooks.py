"""An incoming webhook of Slack says in one word whether it took a message."""

from collections.abc import AsyncIterator

import pytest

from tests.service.other_side import OtherSide, other_side
from tests.service.telling_place import send
from tests.service.test_telling_channels import lost, place_of, waits

pytestmark = pytest.mark.slow


@pytest.fixture
async def side() -> AsyncIterator[OtherSide]:
    async with other_side() as side:
        yield side


@pytest.mark.parametrize("body", [b"", b"ok", b'{"ok": true}', b'{"success": true}'])
async def test_what_its_webhook_takes_is_told(side: OtherSide, body: bytes) -> None:
    side.says("200 OK", body)
    async with place_of() as place:
        await place.team("inside", "bob", notify=f"slack:{side.url}")
        await place.offered("ana")
        await send(place)
        assert (await waits(place), await lost(place)) == ([], [])


@pytest.mark.parametrize("body", [b"channel_is_archived", b'{"ok": false, "error": "channel_is_archived"}'])
async def test_what_its_webhook_refuses_in_a_200_is_not_told(side: OtherSide, body: bytes) -> None:
    side.says("200 OK", body)
    async with place_of() as place:
        await place.team("inside", "bob", notify=f"slack:{side.url}")
        await place.offered("ana")
        await send(place)
        assert await lost(place) == ["Slack: channel_is_archived"]


async def test_a_page_is_no_answer_of_its_webhook(side: OtherSide) -> None:
    side.says("200 OK", b"<html>Sorry</html>")
    async with place_of() as place:
        await place.team("inside", "bob", notify=f"slack:{side.url}")
        await place.offered("ana")
        await send(place)
        assert [said for said, _ in await waits(place)] == ["Slack: no answer that can be read"]
