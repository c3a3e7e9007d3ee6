"""A service as the runtime sees it: what it hears, what it does, and the transaction that every deed takes.

Nothing here is mutable between two transactions: a deadlock repeats one whole, and another process may do it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from shared.agreement import Agreement
from shared.bus.port import Bus
from shared.contracts.envelope import Event, Heard
from shared.db.database import Database, Seam, no_seam
from shared.db.messaging import Messaging
from shared.effects import FiredTimer
from shared.runtime.clock import Clock
from shared.runtime.shelf import Shelf
from shared.runtime.trace import Tracer
from shared.runtime.tx import Tx
from shared.runtime.versions import Kept
from shared.terms import LeadId

T = TypeVar("T")


class Agreements(Protocol):
    """Which versions there are. Unless somebody says otherwise, none has a file, and none is to come."""

    @property
    def shelf(self) -> Shelf:
        """The versions whose files are here."""
        return Shelf(())

    def in_force(self, at: datetime, conn: Connection | None = None) -> Agreement:
        """The version in force at that instant. `conn`: where to ask, if it is not known for certain."""
        ...

    def learn(self, conn: Connection, now: datetime) -> list[Kept]:
        """See what is announced, and return all that is kept."""
        return []

    def may_try(self, what: str, now: datetime) -> bool:
        """Whether something that failed may be tried again."""
        return True

    def try_again(self, what: str, at: datetime) -> None:
        """It failed: not before that instant again."""
        return


@dataclass(frozen=True, slots=True)
class OneAgreement(Agreements):
    """A single version, in force always."""

    agreement: Agreement

    def in_force(self, at: datetime, conn: Connection | None = None) -> Agreement:
        return self.agreement


@dataclass(frozen=True, slots=True)
class DueErrand:
    """An errand whose turn has come. `attempt` counts from 1; `key` makes its repeat harmless."""

    id: int
    lead: LeadId
    destination: str
    action: str
    key: str
    body: Mapping[str, Any]
    attempt: int
    written_at: datetime
    hop: int = 0
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one attempt. `final`: no use in trying again. `retry_after_s`: how long to wait.

    `tried` is False if nothing was sent, so that it is no attempt and does not count as one. `server` was
    called, host and port, and said `status`; `text` is the beginning of what it said, if that is no JSON.
    """

    delivered: bool
    detail: str = ""
    final: bool = False
    retry_after_s: float | None = None
    tried: bool = True
    body: Mapping[str, Any] = field(default_factory=dict)
    server: str = field(default="", compare=False)
    status: int | None = field(default=None, compare=False)
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ParkedDelivery:
    """Something parked that is no event of the bus, such as a webhook; its service can try it again."""

    key: str
    topic: str
    value: bytes
    parked_at: datetime


def hear_nothing(tx: Tx, events: Sequence[Heard[Any]]) -> None:
    """A service that listens to nobody."""


def no_timers(tx: Tx, timers: Sequence[FiredTimer]) -> None:
    """A service without clocks."""


def no_answer(tx: Tx, errand: DueErrand, answer: Answer) -> None:
    """A service that does not mind what became of its errands."""


def nothing_follows(tx: Tx) -> None:
    """A service that has nothing to do then."""


def holds_nothing(tx: Tx, new: Agreement) -> list[str]:
    """A service that no version can take a holder from."""
    return []


@dataclass(slots=True)
class Service:
    """One service, put together. `on_…` are its handlers; all run inside `tx`, in one transaction each.

    `batch_max`: how many events it takes in one transaction. `gathers_s`: how long it lets more come after a
    smaller batch, in seconds; for a service that no lead waits for. `paces_s`: how long its relay lets more
    come, in seconds at most; for a service at the head of the line, so that all behind it take many at once.
    `on_agreement`: a version, that of the Tx, has taken over; what takes long sets timers. `still_held`: what
    a new version drops although it holds leads. `on_setback`: an errand failed, and will be tried again.
    `before_flush`: what a transaction is about to write can be gathered.
    """

    name: str
    database: Database
    messaging: Messaging
    bus: Bus
    clock: Clock
    agreements: Agreements
    hears: tuple[str, ...] = ()
    reads: Mapping[str, type[Event]] = field(default_factory=dict)
    batch_max: int = 500
    gathers_s: float = 0.0
    paces_s: float = 0.0
    on_events: Callable[[Tx, Sequence[Heard[Any]]], None] = hear_nothing
    on_timers: Callable[[Tx, Sequence[FiredTimer]], None] = no_timers
    on_answer: Callable[[Tx, DueErrand, Answer], None] = no_answer
    on_setback: Callable[[Tx, DueErrand, Answer], None] = no_answer
    before_flush: Callable[[Tx], None] = nothing_follows
    run_errand: Callable[[DueErrand], Awaitable[Answer]] | None = None
    on_idle: Callable[[Tx], None] | None = None
    on_replay: Callable[[Tx, ParkedDelivery], None] | None = None
    on_agreement: Callable[[Tx], None] = nothing_follows
    still_held: Callable[[Tx, Agreement], list[str]] = holds_nothing
    seam: Seam = no_seam
    tracer: Tracer | None = None
    after_commit: Callable[[Tx], None] = lambda _: None

    async def tx(self, work: Callable[[Tx], T], *, under: Agreement | None = None) -> T:
        """Load, decide, save, say: `work` in one transaction, with what it says, sets and sends.

        `work` may run more than once, each time with a new Tx; only what the last run did is there.
        `under`: decide by this version, instead of the one in force.
        """

        def whole(conn: Connection) -> tuple[Tx, T]:
            tx = self.begin(conn, under)
            result = work(tx)
            self.before_flush(tx)
            tx.flush()
            return tx, result

        tx, result = await self.database.tx(whole)
        for deed in tx.afterwards:
            deed()
        self.after_commit(tx)
        return result

    async def read(self, work: Callable[[Tx], T]) -> T:
        """The same for work that only reads. It sees one moment of the database."""

        def whole(conn: Connection) -> T:
            tx = self.begin(conn)
            result = work(tx)
            assert tx.is_silent, "what a read says would never be written: use tx"
            return result

        return await self.database.read(whole)

    def begin(self, conn: Connection, under: Agreement | None = None) -> Tx:
        """A transaction's beginning: its instant, and the agreement in force then, unless told another."""
        now = self.clock.now()
        return Tx(conn, now, self.name, under or self.agreements.in_force(now, conn), self.messaging)
