"""The door before the routes: who has no key has nothing read, and nobody sends too much."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends
from pydantic import BaseModel

from shared.runtime.base_app import create_base_app
from shared.runtime.door import BODY_MAX, Door
from shared.runtime.health import Health
from shared.runtime.http import Gate, Principal
from shared.runtime.keys import KeyRing
from shared.terms import Role

PIECE = b" " * (1024 * 1024)


class Body(BaseModel):
    """What a test sends."""

    age: int


class House:
    """An app behind a door, and a key. `pieces`: how many were taken of a body that comes in pieces."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "keys.json"
        ring = KeyRing(self.file)
        self.key = ring.add("Ops", Role.OPERATOR)
        self.pieces = 0
        gate = Gate(ring)
        app = create_base_app("Test", "", Health(), {}, gate)

        @app.post("/v1/aged")
        async def aged(
            body: Body, _: Annotated[Principal, Depends(gate.needs(Role.OPERATOR))]
        ) -> dict[str, int]:
            return {"age": body.age}

        self.app = Door(app, gate)

    async def call(self, method: str, path: str, key: str = "", **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        headers = {"Content-Type": more.pop("kind", "application/json")}
        headers |= {"Authorization": f"Bearer {key}"} if key else {}
        headers |= {"Content-Length": str(more.pop("length"))} if "length" in more else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, headers=headers, **more)

    async def in_pieces(self, count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            self.pieces += 1
            yield PIECE


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_a_key_opens_it(house: House) -> None:
    answer = await house.call("POST", "/v1/aged", house.key, json={"age": 7})
    assert (answer.status_code, answer.json()) == (200, {"age": 7})


@pytest.mark.parametrize("key", ["", "baton_x_y"])
async def test_without_a_key_nothing_is_read(house: House, key: str) -> None:
    answer = await house.call("POST", "/v1/aged", key, content=house.in_pieces(1))
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert house.pieces == 0


async def test_while_keys_can_not_be_read_nobody_is_let_in(house: House) -> None:
    house.file.write_text("{")
    assert (await house.call("POST", "/v1/aged", house.key, json={"age": 7})).status_code == 503


async def test_who_asks_whether_it_is_alive_needs_no_key(house: House) -> None:
    for method in ("GET", "HEAD"):
        assert (await house.call(method, "/healthz")).status_code == 200
        assert (await house.call(method, "/readyz")).status_code == 200


async def test_too_much_is_refused_before_it_comes(house: House) -> None:
    pieces = house.in_pieces(10)
    answer = await house.call("POST", "/v1/aged", house.key, content=pieces, length=BODY_MAX + 1)
    assert answer.status_code == 413
    assert f"at most {BODY_MAX} bytes" in answer.json()["detail"]
    assert house.pieces == 0


async def test_too_much_of_unknown_length_is_refused_once_it_is_too_much(house: House) -> None:
    most = BODY_MAX // len(PIECE)
    answer = await house.call("POST", "/v1/aged", house.key, content=house.in_pieces(10 * most))
    assert answer.status_code == 413
    assert f"at most {BODY_MAX} bytes" in answer.json()["detail"]
    assert house.pieces == most + 1


@pytest.mark.parametrize(
    ("content", "field", "reason"),
    [
        (b"{", "body", "is not JSON: send one JSON object in UTF-8"),
        (b'{"age": 1,}', "body", "is not JSON: send one JSON object in UTF-8"),
        (b"\xff", "body", "is not JSON: send one JSON object in UTF-8"),
        (b"[]", "body", "is not a JSON object: send one, with Content-Type: application/json"),
        (b"", "body", "is missing"),
        (b"{}", "age", "is missing"),
    ],
)
async def test_what_is_wrong_with_a_body_is_named(
    house: House, content: bytes, field: str, reason: str
) -> None:
    answer = await house.call("POST", "/v1/aged", house.key, content=content)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert answer.json()["detail"] == f"{field}: {reason}"


async def test_a_body_that_comes_as_something_else_is_told_how_to_come(house: House) -> None:
    answer = await house.call("POST", "/v1/aged", house.key, content=b'{"age": 7}', kind="text/plain")
    assert answer.json()["detail"].endswith("with Content-Type: application/json")


async def test_a_path_that_is_not_there_says_where_to_look_and_a_wrong_method_what_there_is(
    house: House,
) -> None:
    assert "/docs" in (await house.call("GET", "/nothing")).json()["detail"]
    taken = await house.call("PUT", "/v1/aged", house.key)
    assert (taken.status_code, taken.json()["detail"]) == (405, "This path takes POST.")
