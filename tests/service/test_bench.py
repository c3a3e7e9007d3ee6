"""Every benchmark runs: a small size of each, for its output, never for its figures."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest

from bench import __main__ as whole
from bench import places, routing, scoring, services, storage, timers
from bench.load import Load, Refused, requests
from bench.table import AIMED_AT, table
from deploy.kafka.broker import Broker
from tests.processes import free_port
from tests.servers.kafka import QUICK

pytestmark = pytest.mark.slow

TINY = ["--leads", "40", "--warm-up", "20", "--runs", "1", "--connections", "4"]


@pytest.mark.sqlite
def test_the_cost_of_services_is_shown_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    services.main(["--sqlite", "--leads", "8", "--warm-up", "4", "--batch", "4"])
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown] == [
        "client",
        *(n for s in services.SERVICES for n in (s, s)),
        "all",
    ]


@pytest.mark.postgres
def test_scoring_is_measured_beside_what_it_could_do_at_most(capsys: pytest.CaptureFixture[str]) -> None:
    scoring.main(["--leads", "12", "--runs", "2"])
    shown = capsys.readouterr().out
    assert [line.partition("  ")[0] for line in shown.splitlines() if " events/s (" in line] == [
        "the handler",
        "raw, the events",
        "raw, the rows",
    ]
    assert "the policy alone: " in shown


@pytest.mark.postgres
def test_routing_is_measured_beside_what_it_could_do_at_most(capsys: pytest.CaptureFixture[str]) -> None:
    routing.main(["--leads", "12", "--runs", "2"])
    shown = capsys.readouterr().out
    assert [line.partition("  ")[0] for line in shown.splitlines() if " events/s (" in line] == [
        "the handler",
        "raw, the events",
        "raw, the rows",
    ]


@pytest.mark.postgres
def test_the_cost_of_a_lead_is_shown_as_roster_teams_and_rules_grow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = [routing.Size(2, 2), routing.Size(3, 2, rules=9, reached=3)]
    monkeypatch.setattr(routing, "CURVES", {"as something grows": sizes})
    routing.main(["--leads", "12", "--runs", "1", "--roster"])
    said = capsys.readouterr().out.splitlines()[2:]
    assert all(
        f"{size}: " in line and "µs of CPU a lead" in line for size, line in zip(sizes, said, strict=True)
    )


def test_each_rule_of_the_growing_agreement_has_its_share_of_leads() -> None:
    agreement = routing.agreement(routing.Size(3, 1, rules=10, reached=2))
    first = [agreement.rules_met({"company.employees": 10 + n})[0] for n in range(routing.EMPLOYEES)]
    assert [first.count(rule) for rule in range(10)] == [400] * 10
    assert {rule.to.value for rule in agreement.routing_rules} == {"team0", "team1"}


@pytest.mark.postgres
def test_the_lateness_of_timers_is_shown_for_both_databases(capsys: pytest.CaptureFixture[str]) -> None:
    timers.main(["--waiting", "20", "--rate", "20", "--seconds", "1"])
    sqlite, postgres = capsys.readouterr().out.splitlines()[1:]
    assert sqlite.startswith("sqlite ")
    assert postgres.startswith("postgres ")
    assert all(" late p50 " in line and " p99 " in line for line in (sqlite, postgres))


@pytest.mark.sqlite
def test_what_leads_take_on_disk_is_shown_by_table(capsys: pytest.CaptureFixture[str]) -> None:
    storage.main(["--sqlite", "--leads", "6", "--weeks", "3"])
    shown = capsys.readouterr().out
    assert shown.startswith("6 leads, 18 activities;")
    assert all(
        f"\n{name} " in shown for name in (*services.SERVICES, "scoring_leads", "scoring_receipts", "all")
    )


@pytest.mark.sqlite
def test_all_of_baton_is_measured_embedded(capsys: pytest.CaptureFixture[str]) -> None:
    whole.main([*TINY, "--only", "embedded"])
    shown = capsys.readouterr().out
    assert all(f"| {name} |" in shown for name in AIMED_AT)
    assert "COPY" not in shown


@pytest.mark.kafka
@pytest.mark.postgres
def test_all_of_baton_is_measured_on_kafka_and_postgresql(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    kafka_server: str,
    postgres_server: str,
) -> None:
    monkeypatch.setattr(places, "Broker", partial(Broker, java=QUICK))
    whole.main([*TINY, "--only", "Kafka + PostgreSQL"])
    shown = capsys.readouterr().out
    names = ("ingest", "scoring", "routing", "recycle", "PostgreSQL", "Kafka", "load generator")
    assert all(f"| {name} |" in shown for name in (*AIMED_AT, *(f"… of it {name}" for name in names)))


class _Said:
    """A watch that has seen these."""

    def __init__(self, *leads: str) -> None:
        self._leads = [[lead] for lead in leads]

    async def assigned(self) -> Sequence[str]:
        await asyncio.sleep(0.001)
        return self._leads.pop(0) if self._leads else []


async def _posted() -> None: ...


async def test_a_lead_that_is_assigned_twice_spoils_the_measurement() -> None:
    with pytest.raises(RuntimeError, match="one was assigned twice"):
        await whole._assigned(_Said("one", "one"), 2, asyncio.create_task(_posted()))


async def test_a_lead_that_is_never_assigned_spoils_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "STALL_S", 0.05)
    with pytest.raises(RuntimeError, match="1 of 2 leads were not assigned"):
        await whole._assigned(_Said("one"), 2, asyncio.create_task(_posted()))


@asynccontextmanager
async def _served(status: bytes, *, delay_s: float = 0.0) -> AsyncIterator[int]:
    """The port of a server that answers every post with this status and another lead."""
    serving = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
                lead = hash(await reader.readexactly(length))
                await asyncio.sleep(delay_s)
                writer.write(b"HTTP/1.1 %s\r\n\r\n" % status + b'{"lead": "%d"}' % lead)
        writer.close()

    port = free_port()
    async with await asyncio.start_server(answer, "127.0.0.1", port):
        yield port
        await asyncio.gather(*serving)


async def test_each_webhook_of_a_load_is_posted_once_at_its_rate() -> None:
    async with _served(b"202 Accepted") as port:
        load = Load(requests(20, 0), connections=3, rate=200)
        await load.run(port)
        assert len(load.due_s) == len(load.acknowledged_s) == 20
        dues = list(load.due_s.values())
        assert max(dues) - min(dues) == pytest.approx(19 / 200)


async def test_a_webhook_that_waits_for_a_connection_is_late_by_that_too() -> None:
    async with _served(b"202 Accepted", delay_s=0.02) as port:
        load = Load(requests(10, 0), connections=1, rate=1000)
        await load.run(port)
        assert max(load.acknowledged_s) > 0.15


async def test_a_load_ends_when_a_webhook_is_refused() -> None:
    async with _served(b"503 Busy") as port:
        with pytest.raises(Refused, match="503"):
            await Load(requests(3, 0), connections=1).run(port)


def test_a_table_shows_median_and_range_and_what_was_aimed_at() -> None:
    runs = {"here": [{"leads/s, webhook to assigned": rate} for rate in (900.0, 1100.0, 1000.0)]}
    assert "| leads/s, webhook to assigned | 1,000 (900 to 1,100) | at least 2,500 |" in table(runs)
