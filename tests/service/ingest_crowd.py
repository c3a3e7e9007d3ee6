"""Several processes' worth of ingest on one database, and what must hold whatever they did at once."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
import psycopg
from sqlalchemy import select

from services.ingest import handlers
from services.ingest.app import create_service
from services.ingest.domain.delivery import delivery_of
from services.ingest.domain.identity import Identity, identities
from services.ingest.domain.known import Known
from services.ingest.domain.mapping import submission_from
from services.ingest.domain.sources import Kind, Source
from services.ingest.domain.submission import Submission
from services.ingest.handlers import Arrival
from services.ingest.settings import Settings
from services.ingest.tables import metadata
from shared.agreement import Agreement
from shared.bus.sqlite import SqliteBus
from shared.contracts import BY_NAME
from shared.contracts.envelope import Heard, decode, decode_envelope
from shared.contracts.ingest import ActivityRecorded, LeadCaptured, LeadErased, LeadMerged
from shared.db.database import Database
from shared.runtime.clock import SystemClock
from shared.runtime.service import OneAgreement, Service
from shared.runtime.tx import Tx
from shared.terms import LeadId
from tests.service.ingest_place import STARTER
from tests.tables import make_tables

T = TypeVar("T")
CRM: Final = Source("crm", Kind.STANDARD)
PATIENCE_S: Final = 20.0


def arrival(number: str, at: datetime, **row: str) -> Arrival:
    """Somebody did something, as the CRM says; the number is the delivery."""
    delivery = delivery_of(CRM.name, f"id:{number}")
    return Arrival(CRM.name, delivery, number.encode(), at, submission_from(CRM, row, at))


@dataclass(slots=True)
class Member:
    """One process: its own service on its own connections. `holds`: it waits at its next commit."""

    service: Service
    holds: threading.Event | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    pause: Callable[[], None] = lambda: None

    def seam(self, name: str) -> None:
        if name != "commit":
            return
        self.pause()
        if self.holds is not None:
            self.reached.set()
            assert self.holds.wait(PATIENCE_S), "nobody let it go on"

    def tx(self, work: Callable[[Tx], T]) -> T:
        """One transaction, in the calling thread."""
        return asyncio.run(self.service.tx(work))

    def take_in(self, *arrivals: Arrival) -> list[LeadId | None]:
        return [receipt.lead for receipt in self.tx(lambda tx: handlers.take_in(tx, arrivals))]

    def come(self, number: str, **row: str) -> LeadId:
        """One delivery, alone."""
        [lead] = self.take_in(arrival(number, self.service.clock.now(), **row))
        assert lead is not None
        return lead

    def erase(self, lead: LeadId) -> None:
        self.tx(lambda tx: handlers.erase(tx, lead))


@contextmanager
def held(member: Member) -> Iterator[None]:
    """This member's next transaction stops before its commit, with all its locks, until the block ends."""
    member.holds = threading.Event()
    member.reached.clear()
    try:
        yield
    finally:
        member.holds.set()


@dataclass(slots=True)
class Crowd:
    """The processes, and threads for what they do at once."""

    url: str
    members: list[Member]
    threads: ThreadPoolExecutor

    def at_once(self, deed: Callable[..., T], *arguments: Any, **more: Any) -> "Future[T]":
        return self.threads.submit(deed, *arguments, **more)

    def until_somebody_waits(self) -> None:
        """Return when a transaction waits for a lock."""
        mine = "datname = current_database() AND wait_event_type = 'Lock'"
        query = f"SELECT count(*) FROM pg_stat_activity WHERE {mine}"
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            for _ in range(int(PATIENCE_S * 100)):
                [waiting] = connection.execute(query).fetchone() or (0,)
                if waiting:
                    return
                threading.Event().wait(0.01)
        raise AssertionError("nobody waits")

    @property
    def repeats(self) -> int:
        return sum(member.service.database.repeats for member in self.members)

    def books(self) -> "Books":
        return self.members[0].tx(Books.read)


@contextmanager
def crowd_at(url: str, size: int, agreement: Agreement = STARTER) -> Iterator[Crowd]:
    """So many processes on a fresh database."""
    bus = SqliteBus(":memory:", inline=True)
    members = [_member(url, bus, agreement) for _ in range(size)]
    try:
        members[0].service.database.tx_inline(lambda conn: make_tables(conn, "ingest"))
        with ThreadPoolExecutor(size) as threads:
            yield Crowd(url, members, threads)
    finally:
        for member in members:
            member.service.database.close()
        asyncio.run(bus.close())


def _member(url: str, bus: SqliteBus, agreement: Agreement) -> Member:
    database = Database(url, inline=True)
    service = create_service(
        Settings(),
        bus=bus,
        clock=SystemClock(),
        agreements=OneAgreement(agreement),
        database=database,
        sources={},
    )
    member = Member(service)
    database.seam = member.seam
    return member


@dataclass(frozen=True, slots=True)
class Books:
    """All that ingest has written down."""

    leads: Mapping[LeadId, Known]
    endings: Mapping[LeadId, str | None]
    identities: Mapping[Identity, LeadId]
    deliveries: Mapping[str, tuple[LeadId, int]]
    submissions: Mapping[str, Submission]
    said: list[Heard[Any]]

    @classmethod
    def read(cls, tx: Tx) -> "Books":
        rows = {name: tx.conn.execute(select(table)).all() for name, table in metadata.tables.items()}
        outbox = sorted(rows["ingest_outbox"], key=lambda row: row.id)
        envelopes = [decode_envelope(row.value) for row in outbox]
        deliveries = rows["ingest_deliveries"]
        return cls(
            {r.lead_id: msgspec.json.decode(r.state, type=Known) for r in rows["ingest_leads"] if r.state},
            {r.lead_id: r.ending for r in rows["ingest_leads"]},
            {Identity(r.kind, r.value, r.interest): r.lead_id for r in rows["ingest_identities"]},
            {r.delivery: (r.lead_id, r.seq) for r in deliveries},
            {
                r.delivery: msgspec.json.decode(r.submission, type=Submission)
                for r in deliveries
                if r.submission
            },
            [decode(envelope, BY_NAME[envelope.type]) for envelope in envelopes],
        )

    def check(self) -> None:
        """Everything that must hold."""
        self._every_identity_leads_to_one_lead_that_goes_on()
        self._every_activity_is_one_delivery()
        self._every_count_is_without_a_hole()
        self._nothing_is_said_of_a_lead_after_its_end()

    def _every_identity_leads_to_one_lead_that_goes_on(self) -> None:
        for identity, lead in self.identities.items():
            assert self.endings[lead] in (None, "closed"), f"{identity} leads to {lead}: {self.endings[lead]}"
        for delivery, submission in self.submissions.items():
            for identity in identities(submission):
                assert identity in self.identities, f"{delivery} came by {identity}, which leads nowhere"
        for lead, known in self.leads.items():
            if self.endings[lead] is None and known.email:
                assert self.identities[Identity("email", known.email.address)] == lead, f"{lead} is lost"

    def _every_activity_is_one_delivery(self) -> None:
        said = [
            (heard.lead, heard.event.activity.seq)
            for heard in self.said
            if isinstance(heard.event, (LeadCaptured, ActivityRecorded))
        ]
        assert sorted(said) == sorted(self.deliveries.values())
        captured = [heard.lead for heard in self.said if isinstance(heard.event, LeadCaptured)]
        assert sorted(captured) == sorted(self.endings)

    def _every_count_is_without_a_hole(self) -> None:
        counts: dict[LeadId, list[int]] = defaultdict(list)
        for heard in self.said:
            if isinstance(heard.event, (LeadCaptured, ActivityRecorded)):
                counts[heard.lead].append(heard.event.activity.seq)
        for lead, seqs in counts.items():
            assert seqs == list(range(1, len(seqs) + 1)), f"{lead} counts {seqs}"
            if self.endings[lead] in (None, "closed"):
                assert self.leads[lead].seq == len(seqs)

    def _nothing_is_said_of_a_lead_after_its_end(self) -> None:
        ended: dict[LeadId, str] = {}
        for heard in self.said:
            # What was merged is erased with its survivor, once.
            goes_too = isinstance(heard.event, LeadErased) and ended.get(heard.lead) == "LeadMerged"
            assert goes_too or heard.lead not in ended, f"{type(heard.event).__name__} after its end"
            if isinstance(heard.event, (LeadMerged, LeadErased)):
                ended[heard.lead] = type(heard.event).__name__
        assert ended.keys() == {
            lead for lead, ending in self.endings.items() if ending in ("merged", "erased")
        }
