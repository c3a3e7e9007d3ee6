"""Whoever reads a contract can read every published example of it: alone, in a story, backwards, again."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from sqlalchemy import Table, insert, select

from services.ingest import app as ingest
from services.ingest.domain.known import Known
from services.ingest.settings import Settings as IngestSettings
from services.recycle import app as recycle
from services.recycle.domain.model import RecycledLead
from services.recycle.settings import Settings as RecycleSettings
from services.routing import app as routing
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.roster import Row
from services.routing.handlers.roster import import_roster
from services.routing.settings import Settings as RoutingSettings
from services.scoring import app as scoring
from services.scoring.domain.model import ScoredLead
from services.scoring.settings import Settings as ScoringSettings
from shared.agreement import load
from shared.bus.port import Record
from shared.contracts.envelope import Heard, decode, decode_envelope
from shared.db.database import Database
from shared.db.prepared import fetch
from shared.runtime.clock import StillClock
from shared.runtime.consume import consume_once
from shared.runtime.service import OneAgreement, Service
from shared.runtime.tx import Tx
from shared.terms import LeadId
from tests.buses import inline_bus
from tests.contract.any_event import EXAMPLES, document
from tests.tables import make_tables

pytestmark = pytest.mark.slow

# Another agreement than the one that the examples name: its teams, tracks and desks have other names.
AGREEMENT: Final = OneAgreement(load(Path("agreements/starter.yaml")))
LATER: Final = datetime.fromisoformat("2027-06-01T08:00:00Z")
KEPT_AS: Final[dict[str, type[Any]]] = {
    "ingest": Known,
    "scoring": ScoredLead,
    "routing": RoutedLead,
    "recycle": RecycledLead,
}
COLLEAGUES: Final = ("tom@harbour.example", "nina@harbour.example", "ruth@harbour.example")


@contextmanager
def _service(name: str, at: datetime) -> Iterator[Service]:
    place: Any = {"clock": StillClock(at), "agreements": AGREEMENT}
    make: Mapping[str, Callable[[], Service]] = {
        "ingest": lambda: ingest.create_service(IngestSettings(), sources={}, **place),
        "scoring": lambda: scoring.create_service(ScoringSettings(), **place),
        "routing": lambda: routing.create_service(RoutingSettings(), **place),
        "recycle": lambda: recycle.create_service(RecycleSettings(), **place),
    }
    with inline_bus() as bus, closing(Database("sqlite://", inline=True)) as database:
        place |= {"bus": bus, "database": database}
        yield make[name]()


def _built(name: str) -> Service:
    with _service(name, LATER) as service:
        return service  # To be asked what it hears and reads: its bus and database are closed.


BUILT: Final = {name: _built(name) for name in KEPT_AS}
READS: Final = {name: frozenset(service.reads) for name, service in BUILT.items()}
EVERY_READER: Final = pytest.mark.parametrize("name", sorted(KEPT_AS))
READINGS: Final = [
    (name, path) for contract, path in EXAMPLES for name in READS if contract.name() in READS[name]
]
EVERY_READING: Final = pytest.mark.parametrize(
    ("name", "path"), READINGS, ids=[f"{name}-{path.parent.name}/{path.stem}" for name, path in READINGS]
)


@asynccontextmanager
async def reader(name: str, at: datetime = LATER) -> AsyncIterator[Service]:
    """One service in memory, that knows what others have done before: colleagues, and captured leads."""
    with _service(name, at) as service:
        service.database.tx_inline(lambda conn: make_tables(conn, name))
        if name == "routing":
            people = enumerate(COLLEAGUES, 1)
            rows = [Row(f"row {n}", {"person": who, "teams": "inside"}) for n, who in people]
            await service.tx(lambda tx: import_roster(tx, rows))
        if name == "ingest":
            await _capture_before(service)
        yield service


async def _capture_before(service: Service) -> None:
    """Ingest hears of leads that it captured itself: those whom the examples are about."""
    leads = {LeadId(document(path)["subject"]) for _, path in EXAMPLES}
    rows = [
        {"lead_id": lead, "state": msgspec.json.encode(Known(lead, born, seq=3))}
        for born, lead in enumerate(sorted(leads), 1)
    ]
    await service.tx(lambda tx: tx.conn.execute(insert(_tables(service)["ingest_leads"]), rows))


async def tell(service: Service, paths: Sequence[Path]) -> None:
    """Publish examples as they stand in their files, and let the service take what waits."""
    await service.bus.publish([_record(path) for path in paths])
    consumer = await service.bus.subscribe(service.hears, service.name)
    while await consume_once(service, consumer, timeout_s=0):
        pass
    await consumer.close()


def _record(path: Path) -> Record:
    said = document(path)
    headers = (("ce_id", said["id"].encode()), ("ce_type", said["type"].encode()))
    return Record(f"baton.{said['source']}", said["subject"], path.read_bytes(), headers)


def story_of(service: Service) -> list[Path]:
    """Every example that the service reads, as it would have come: by instant."""
    read = [path for contract, path in EXAMPLES if contract.name() in service.reads]
    return sorted(read, key=lambda path: (document(path)["time"], document(path)["hop"], str(path)))


def _tables(service: Service) -> Mapping[str, Table]:
    return service.messaging.inbox.metadata.tables


async def rows_of(service: Service, table: str) -> list[Any]:
    """Every row of one of the service's tables, as mappings, its lead states read as after a restart."""
    query = _whole(_tables(service)[f"{service.name}_{table}"])
    rows = await service.read(lambda tx: [row._asdict() for row in fetch(tx.conn, query, {})])
    for row in rows:
        if table == "leads" and row["state"] is not None:
            row["state"] = msgspec.json.decode(row["state"], type=KEPT_AS[service.name])
    return sorted(rows, key=repr)


@cache
def _whole(table: Table) -> Any:
    return select(table)


async def everything(service: Service) -> dict[str, list[Any]]:
    """What a service knows, what it says, and what it waits for."""
    names = [name.removeprefix(f"{service.name}_") for name in _tables(service)]
    return {name: await rows_of(service, name) for name in names}


async def not_handled(service: Service) -> list[str]:
    """What was parked, and why."""
    return [f"{row['type']}: {row['reason']}" for row in await rows_of(service, "parked")]


def test_every_published_contract_has_a_reader() -> None:
    read = frozenset[str]().union(*READS.values())
    unread = {contract.name() for contract, _ in EXAMPLES} - read
    assert unread == set()


@pytest.mark.parametrize("name", ["scoring", "routing", "recycle"])
def test_every_custodian_hears_how_a_journey_ends(name: str) -> None:
    endings = {"lead.erased.v1", "lead.merged.v1", "lead.won.v1", "lead.closed.v1"}
    assert endings <= READS[name]


@EVERY_READING
async def test_an_example_is_handled_and_what_is_kept_can_be_loaded(name: str, path: Path) -> None:
    async with reader(name, datetime.fromisoformat(document(path)["time"])) as service:
        await tell(service, [path])
        assert await not_handled(service) == []
        assert [row["event_id"] for row in await rows_of(service, "inbox")] == [document(path)["id"]]
        await rows_of(service, "leads")


@EVERY_READING
async def test_an_example_that_comes_twice_is_as_if_it_had_come_once(name: str, path: Path) -> None:
    async with reader(name) as service:
        await tell(service, [path])
        once = await everything(service)
        await tell(service, [path, path])
        assert await everything(service) == once


@EVERY_READER
async def test_the_stories_are_handled_from_beginning_to_end(name: str) -> None:
    async with reader(name) as service:
        for path in story_of(service):
            assert isinstance(service.clock, StillClock)
            service.clock.at = datetime.fromisoformat(document(path)["time"])
            await tell(service, [path])
        assert await not_handled(service) == []
        assert await rows_of(service, "leads") != []


@EVERY_READER
async def test_the_stories_are_handled_backwards_for_between_topics_there_is_no_order(name: str) -> None:
    async with reader(name) as service:
        for path in reversed(story_of(service)):
            await tell(service, [path])
        assert await not_handled(service) == []
        assert await rows_of(service, "leads") != []


@EVERY_READER
async def test_the_stories_with_each_event_twice_in_one_batch_end_the_same(name: str) -> None:
    async with reader(name) as once, reader(name) as doubled:
        await tell(once, story_of(once))
        await tell(doubled, [path for path in story_of(doubled) for _ in range(2)])
        assert await everything(doubled) == await everything(once)


@EVERY_READER
async def test_one_by_one_and_in_one_batch_the_stories_leave_the_same_leads_and_say_the_same(
    name: str,
) -> None:
    async with reader(name) as singly, reader(name) as batched:
        events = [_heard(singly, path) for path in story_of(singly)]
        for event in events:
            await singly.tx(partial(_hear, singly, [event]))
        await batched.tx(partial(_hear, batched, events))
        for table in ("leads", "outbox", "timers", "errands"):
            assert _told(await rows_of(batched, table)) == _told(await rows_of(singly, table)), table


def _heard(service: Service, path: Path) -> Heard[Any]:
    envelope = decode_envelope(path.read_bytes())
    return decode(envelope, service.reads[envelope.type])


def _hear(service: Service, events: Sequence[Heard[Any]], tx: Tx) -> None:
    service.on_events(tx, events)


def _told(rows: list[Any]) -> list[Any]:
    """The rows but for their numbers, and for which of many causes a team's own timer names."""
    incidental = {"id", "hop", "traceparent"}
    return sorted(({key: row[key] for key in row if key not in incidental} for row in rows), key=repr)
