"""What a process shows of its services: figures from one place do not wait for those from another."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from prometheus_client import REGISTRY

from deploy.assembly import Part, Process
from shared.db.database import DatabaseUnavailable
from shared.effects import Say
from shared.runtime.http import Gate
from shared.runtime.keys import KeyRing
from shared.runtime.loops import RunningService
from shared.runtime.shelf import Shelf
from shared.terms import Role
from tests.service.toy import ANA, Counted, Toy, open_toy


class Watched:
    """A process of the toy whose loops do not run, and what Prometheus sees of it."""

    def __init__(self, toy: Toy, folder: Path) -> None:
        ring = KeyRing(folder / "keys.json")
        self._key = ring.add("Prometheus", Role.ARBITER)
        self.running = RunningService(toy.service, "here")
        process = Process([Part(toy.service)], toy.bus, Gate(ring), self._prepare, Shelf([]))
        process.running = [self.running]
        self._app = process.create_app()

    async def scrape(self) -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self._app), base_url="http://here"
        ) as client:
            answer = await client.get("/metrics", headers={"Authorization": f"Bearer {self._key}"})
            assert answer.status_code == 200

    async def _prepare(self, parts: object) -> None: ...


@pytest.fixture
async def toy(tmp_path: Path) -> AsyncIterator[Toy]:
    async with open_toy(f"sqlite:///{tmp_path / 'toy.db'}") as [toy]:
        yield toy


def old(place: str) -> float:
    return REGISTRY.get_sample_value("baton_metrics_sample_failures_total", {"place": place}) or 0.0


async def test_a_bus_that_is_not_reached_makes_no_figures_of_the_database_old(
    toy: Toy, tmp_path: Path
) -> None:
    before = old("databases"), old("bus")
    await toy.do(ANA, Say(Counted(n=1)), Say(Counted(n=2)))
    await Watched(toy, tmp_path).scrape()
    assert REGISTRY.get_sample_value("baton_outbox_rows", {"service": "toy"}) == 2
    assert (old("databases") - before[0], old("bus") - before[1]) == (0, 1)


async def test_a_database_that_is_gone_makes_no_figures_of_the_bus_old(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(work: object) -> None:
        raise DatabaseUnavailable("gone")

    before = old("databases"), old("bus")
    watched = Watched(toy, tmp_path)
    await watched.running.try_to_subscribe()
    await toy.hear(1)
    monkeypatch.setattr(toy.database, "read", gone)
    await watched.scrape()
    labels = {"service": "toy", "topic": "baton.ingest"}
    assert REGISTRY.get_sample_value("baton_consumer_lag", labels) == 1
    assert (old("databases") - before[0], old("bus") - before[1]) == (1, 0)
