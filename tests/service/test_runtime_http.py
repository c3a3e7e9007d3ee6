"""HTTP: who may pass, errors as problem+json, and figures that come even when the database does not."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends
from prometheus_client import REGISTRY
from pydantic import BaseModel
from structlog.testing import capture_logs

from shared.bus.port import BusUnavailable
from shared.db.database import DatabaseUnavailable
from shared.effects import CommandRefused, PolicyError, RefusedBecause
from shared.runtime import health
from shared.runtime.base_app import create_base_app
from shared.runtime.health import Health
from shared.runtime.http import Gate, Principal, Problem
from shared.runtime.keys import KeyRing
from shared.terms import Role


class Body(BaseModel):
    """What a test sends."""

    age: int


@dataclass
class Span:
    """What a query asks for."""

    since: str = "ever"


class Site:
    """An app with one of each kind of endpoint, and keys."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "keys.json"
        self.ring = KeyRing(self.path)
        self.rep = self.ring.add("Ana", Role.REP, "ana@acme.example")
        self.operator = self.ring.add("Ops", Role.OPERATOR)
        self.raises: Exception | None = None
        self.health = Health()
        self.sampled = 0
        self.sample_raises: Exception | None = None
        gate = Gate(self.ring)
        self.app = create_base_app("Test", "Test", self.health, {"databases": self.sample}, gate)

        @self.app.get("/mine")
        async def mine(
            who: Annotated[Principal, Depends(gate.needs(Role.REP, Role.MANAGER))],
        ) -> dict[str, Any]:
            return {"person": who.person}

        @self.app.get("/since", dependencies=[Depends(gate.needs(Role.REP))])
        async def since(of: Annotated[Span, Depends()], limit: int = 10) -> dict[str, Any]:
            return {"since": of.since, "limit": limit}

        @self.app.post("/aged")
        async def aged(body: Body) -> dict[str, int]:
            return {"age": body.age}

        @self.app.get("/raises")
        async def raises() -> None:
            assert self.raises is not None
            raise self.raises

    async def sample(self) -> None:
        self.sampled += 1
        if self.sample_raises is not None:
            raise self.sample_raises

    async def get(self, path: str, key: str = "") -> httpx.Response:
        return await self.call("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **more)

    async def problem(self, raised: Exception) -> dict[str, Any]:
        """What leaves when an endpoint raises this."""
        self.raises = raised
        response = await self.get("/raises")
        assert response.headers["content-type"] == "application/problem+json"
        document: dict[str, Any] = response.json()
        assert document["status"] == response.status_code
        return document | {"retry": response.headers.get("retry-after")}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


async def test_a_misspelt_parameter_is_named_with_the_nearest_and_not_left_out(site: Site) -> None:
    assert (await site.get("/since?since=noon&limit=5", site.rep)).json() == {"since": "noon", "limit": 5}
    answer = await site.get("/since?snce=noon&limit=5", site.rep)
    assert (answer.status_code, answer.json()["field"]) == (422, "snce")
    assert answer.json()["detail"] == "snce: is no parameter here: found 'snce'; did you mean 'since'?"
    assert (await site.get("/since?snce=noon")).status_code == 401, "nobody without a key is told"


async def test_a_key_of_the_right_role_passes_and_says_who_it_is(site: Site) -> None:
    response = await site.get("/mine", site.rep)
    assert (response.status_code, response.json()) == (200, {"person": "ana@acme.example"})


@pytest.mark.parametrize("key", ["", "baton_x_y", "nonsense"])
async def test_without_a_valid_key_it_is_401_and_says_how_to_get_one(site: Site, key: str) -> None:
    response = await site.get("/mine", key)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "baton keys add" in response.json()["detail"]
    assert response.headers["content-type"] == "application/problem+json"


async def test_another_role_is_403_and_says_which_is_needed(site: Site) -> None:
    response = await site.get("/mine", site.operator)
    assert response.status_code == 403
    assert response.json()["detail"] == "This needs the role manager or rep; your key has operator."


async def test_a_revoked_key_is_401_at_once(site: Site) -> None:
    site.ring.revoke(site.rep.split("_")[1])
    assert (await site.get("/mine", site.rep)).status_code == 401


async def test_a_broken_key_file_is_503_and_lets_nobody_in(site: Site) -> None:
    site.path.write_text("{")
    response = await site.get("/mine", site.rep)
    assert response.status_code == 503
    assert str(site.path) not in response.text


@pytest.mark.parametrize(
    ("because", "status"),
    [("unknown", 404), ("wrong person", 403), ("wrong stage", 409), ("gone", 410), ("invalid", 422)],
)
async def test_a_refused_command_has_the_status_of_its_reason(
    site: Site, because: RefusedBecause, status: int
) -> None:
    problem = await site.problem(CommandRefused(because, "Ask Bea."))
    assert (problem["status"], problem["detail"]) == (status, "Ask Bea.")


async def test_what_can_never_be_done_is_422(site: Site) -> None:
    assert (await site.problem(PolicyError("It is a loop.")))["status"] == 422


@pytest.mark.parametrize(
    ("gone", "named"),
    [(DatabaseUnavailable("secret host"), "The database"), (BusUnavailable("secret host"), "The bus")],
)
async def test_a_database_or_bus_that_is_gone_is_named_in_a_503_with_a_time_to_come_back(
    site: Site, gone: Exception, named: str
) -> None:
    problem = await site.problem(gone)
    assert (problem["status"], problem["retry"]) == (503, "2")
    assert problem["detail"] == f"{named} can not be used now. Send it again: a repeat does no harm."
    assert "secret host" not in str(problem)


async def test_our_own_fault_is_500_without_its_entrails(site: Site) -> None:
    problem = await site.problem(RuntimeError("entrails"))
    assert problem["status"] == 500
    assert "entrails" not in str(problem)


async def test_a_problem_carries_what_its_endpoint_adds(site: Site) -> None:
    problem = await site.problem(
        Problem(409, "Taken", "Choose another.", headers={"Retry-After": "9"}, by="Bea")
    )
    assert {k: problem[k] for k in ("type", "title", "status", "detail", "by", "retry")} == {
        "type": "about:blank",
        "title": "Taken",
        "status": 409,
        "detail": "Choose another.",
        "by": "Bea",
        "retry": "9",
    }


async def test_a_body_that_is_not_understood_names_each_field(site: Site) -> None:
    response = await site.call("POST", "/aged", json={"age": "old"})
    assert response.status_code == 422
    [error] = response.json()["errors"]
    assert error["field"] == "age"
    assert response.json()["detail"] == "age: is not a whole number"
    assert (await site.call("POST", "/aged", content=b"{")).status_code == 422


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/aged", 405)])
async def test_the_frameworks_own_errors_are_problems_too(
    site: Site, method: str, path: str, status: int
) -> None:
    response = await site.call(method, path)
    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_path_names_every_method_that_it_takes(site: Site) -> None:
    response = await site.call("DELETE", "/healthz")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")
    assert response.json()["detail"] == "This path takes GET, HEAD."


# ---- health and figures


async def test_alive_is_alive_whatever_fails(site: Site) -> None:
    site.health.checks["database"] = _gone
    assert (await site.get("/healthz")).json() == {"status": "alive"}


async def _gone() -> None:
    raise DatabaseUnavailable("it is gone")


async def _fine() -> None:
    return None


async def _hangs() -> None:
    await asyncio.Event().wait()


async def test_ready_says_what_failed(site: Site) -> None:
    site.health.checks |= {"bus": _fine}
    assert (await site.get("/readyz")).json() == {"status": "ready", "failed": {}}
    site.health.checks |= {"database": _gone}
    response = await site.get("/readyz")
    assert response.status_code == 503
    assert response.json()["failed"] == {"database": "DatabaseUnavailable"}


async def test_why_it_is_not_ready_is_for_the_log_and_there_once(site: Site) -> None:
    with capture_logs() as log:
        for check in (_gone, _gone, _fine, _fine):
            site.health.checks |= {"database": check}
            assert "it is gone" not in (await site.get("/readyz")).text
    assert [one["event"] for one in log] == ["not ready", "ready again"]
    assert log[0]["failed"] == {"database": "DatabaseUnavailable: it is gone"}


async def test_it_is_not_ready_while_its_keys_can_not_be_read(site: Site) -> None:
    site.health.checks |= {"keys": Gate(site.ring).check}
    site.path.write_text("{")
    with capture_logs() as log:
        assert (await site.get("/readyz")).json()["failed"] == {"keys": "KeysInvalid"}
    assert "not a key file" in log[0]["failed"]["keys"]


async def test_a_check_that_hangs_is_a_check_that_fails(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_MAX_S", 0.05)
    site.health.checks |= {"database": _hangs, "bus": _fine}
    assert (await site.get("/readyz")).json()["failed"] == {"database": "no answer within 0.05 s"}


def _failures() -> float:
    return REGISTRY.get_sample_value("baton_metrics_sample_failures_total", {"place": "databases"}) or 0.0


async def test_figures_are_refreshed_for_each_scrape(site: Site) -> None:
    before = _failures()
    response = await site.get("/metrics", site.operator)
    assert (response.status_code, site.sampled) == (200, 1)
    assert "baton_outbox_rows" in response.text
    assert _failures() == before


async def test_figures_are_for_those_who_answer_for_them(site: Site) -> None:
    assert (await site.get("/metrics")).status_code == 401
    assert (await site.get("/metrics", site.rep)).status_code == 403
    assert site.sampled == 0


async def test_figures_come_without_the_database_and_say_that_they_are_old(site: Site) -> None:
    before = _failures()
    site.sample_raises = DatabaseUnavailable("gone")
    assert (await site.get("/metrics", site.operator)).status_code == 200
    assert _failures() == before + 1


async def test_each_check_is_a_figure_of_its_own_so_that_somebody_is_called(site: Site) -> None:
    site.health.checks |= {"database": _gone, "bus": _fine}
    await site.get("/metrics", site.operator)
    shown = {
        check: REGISTRY.get_sample_value("baton_ready", {"check": check}) for check in ("database", "bus")
    }
    assert shown == {"database": 0.0, "bus": 1.0}
