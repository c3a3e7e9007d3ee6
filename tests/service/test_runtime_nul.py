"""Text with a NUL, which PostgreSQL keeps nowhere, gets as far as no endpoint of any service."""

from collections.abc import Iterator
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from shared.runtime.http import Gate, add_errors, join
from shared.runtime.keys import KeyRing
from shared.terms import Role

NUL: Final = "a\x00b"


class Beyond:
    """Stands where a service would be asked: nothing that has a NUL comes here."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"an endpoint was called, and asked for {name!r}")


class Front:
    """All that a service answers, and a key of each role."""

    def __init__(self, module: str, function: str, folder: Path) -> None:
        ring = KeyRing(folder / "keys.json")
        self.keys = [ring.add(role, role, "ana@acme.example" if role == Role.REP else None) for role in Role]
        create: Any = getattr(import_module(module), function)
        given: dict[str, Any] = {"gate": Gate(ring), "ring": ring, "services": ()}
        wanted = [p.name for p in signature(create).parameters.values() if p.default is Parameter.empty]
        self.app = FastAPI()
        add_errors(self.app)
        join(self.app, create(**{name: given.get(name, Beyond()) for name in wanted}))
        self.routes = [
            one for one in self.app.routes if isinstance(one, APIRoute) and one.path.startswith("/v1/")
        ]

    async def field(self, route: APIRoute, path: str, **more: Any) -> str | None:
        """Which field is said to have a NUL, by whoever lets one of the keys in."""
        [method] = route.methods or {"GET"}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            for key in self.keys:
                headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
                answer = await client.request(method, path, headers=headers, **more)
                if answer.status_code != httpx.codes.FORBIDDEN:
                    said = answer.json()
                    return said["field"] if "NUL" in said["detail"] else f"{answer.status_code}: {said}"
        return None


FRONTS: Final = [
    *((f"services.{name}.api", "create_router") for name in ("ingest", "scoring", "routing", "recycle")),
    ("deploy.operator", "create_operator_router"),
]


@pytest.fixture(params=FRONTS, ids=lambda one: one[0])
def front(request: pytest.FixtureRequest, tmp_path: Path) -> Front:
    module, function = request.param
    return Front(module, function, tmp_path)


def plain(route: APIRoute, **given: str) -> str:
    """The path with something in each of its places."""
    return route.path_format.format(**{name: given.get(name, "x") for name in route.param_convertors})


async def test_a_nul_in_a_path_is_named(front: Front) -> None:
    tried = [(route, name) for route in front.routes for name in route.param_convertors]
    assert tried
    for route, name in tried:
        assert await front.field(route, plain(route, **{name: "a%00b"})) == name, route.path


async def test_a_nul_in_a_query_is_named(front: Front) -> None:
    for route in front.routes:
        for name in parameters(route.dependant):
            assert await front.field(route, plain(route), params={name: NUL}) == name, route.path


async def test_a_nul_in_a_body_is_named(front: Front) -> None:
    for route in front.routes:
        if route.body_field is not None:
            assert await front.field(route, plain(route), json={"said": [{"of": NUL}]}) == "body", route.path
            assert await front.field(route, plain(route), json={NUL: 1}) == "body", route.path


def parameters(of: Any) -> Iterator[str]:
    yield from (one.alias for one in of.query_params)
    for part in of.dependencies:
        yield from parameters(part)


async def test_a_nul_is_named_however_it_is_written(tmp_path: Path) -> None:
    front = Front("services.scoring.api", "create_router", tmp_path)
    [contest] = [one for one in front.routes if one.path.endswith("/contest")]
    said = '{"reason": "a\\u0000b"}'
    for written in (said.encode(), said.encode("utf-16")):
        assert await front.field(contest, plain(contest), content=written) == "body"


async def test_the_letters_of_its_escape_are_no_nul(tmp_path: Path) -> None:
    front = Front("services.scoring.api", "create_router", tmp_path)
    [contest] = [one for one in front.routes if one.path.endswith("/contest")]
    field = await front.field(contest, plain(contest), json={"reason": "a\\u0000b"})
    assert field is not None
    assert field.startswith("422: ")
