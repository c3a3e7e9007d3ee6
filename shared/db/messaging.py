"""The tables that every service has beside its own: what is on its way, and which agreement is in force."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from shared.db.types import BigIdentity, UtcDateTime

EVENT_ID_MAX: Final = 200
KEY_MAX: Final = 200
NAME_MAX: Final = 64
"""What a column of ids of events, of keys, and of names such as those of topics and types can hold."""
WHY_MAX: Final = 2000
"""How much is kept of why something failed."""


@dataclass(frozen=True, slots=True)
class Messaging:
    """One service's messaging tables. All are written in the same transaction as the service's state."""

    inbox: Table
    outbox: Table
    timers: Table
    errands: Table
    parked: Table
    leases: Table
    agreements: Table


def messaging_tables(service: str, metadata: MetaData) -> Messaging:
    """Declare them under the service's prefix."""
    return Messaging(
        inbox=Table(
            f"{service}_inbox",
            metadata,
            Column("event_id", String(EVENT_ID_MAX), primary_key=True),
            Column("received_at", UtcDateTime, nullable=False, index=True),
        ),
        outbox=_outbox(service, metadata),
        timers=_timers(service, metadata),
        errands=_errands(service, metadata),
        parked=_parked(service, metadata),
        leases=Table(
            f"{service}_leases",
            metadata,
            Column("name", String(64), primary_key=True),
            Column("holder", String(64), nullable=False),
            Column("until", UtcDateTime, nullable=False),
        ),
        agreements=_agreements(service, metadata),
    )


def _outbox(service: str, metadata: MetaData) -> Table:
    return Table(
        f"{service}_outbox",
        metadata,
        Column("id", BigIdentity, primary_key=True, autoincrement=True),
        Column("event_id", String(36), nullable=False),
        Column("topic", String(NAME_MAX), nullable=False),
        Column("key", String(KEY_MAX), nullable=False),
        Column("type", String(NAME_MAX), nullable=False),
        Column("value", LargeBinary, nullable=False),
        Column("traceparent", String(64)),
        Column("said_at", UtcDateTime, nullable=False),
        sqlite_autoincrement=True,
    )


def _timers(service: str, metadata: MetaData) -> Table:
    timers = Table(
        f"{service}_timers",
        metadata,
        Column("id", BigIdentity, primary_key=True, autoincrement=True),
        Column("lead_id", String(64), nullable=False, index=True),
        Column("purpose", String(64), nullable=False),
        Column("due_at", UtcDateTime, nullable=False),
        Column("payload", JSON, nullable=False),
        Column("hop", Integer, nullable=False),
        Column("traceparent", String(64)),
        sqlite_autoincrement=True,
    )
    Index(f"ix_{service}_timers_due", timers.c.due_at, timers.c.id)
    return timers


def _errands(service: str, metadata: MetaData) -> Table:
    errands = Table(
        f"{service}_errands",
        metadata,
        Column("id", BigIdentity, primary_key=True, autoincrement=True),
        Column("lead_id", String(64), nullable=False, index=True),
        Column("destination", String(200), nullable=False),
        Column("action", String(64), nullable=False),
        Column("key", String(KEY_MAX), nullable=False),
        Column("body", JSON, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("next_at", UtcDateTime),
        Column("written_at", UtcDateTime, nullable=False),
        Column("last_error", Text),
        Column("hop", Integer, nullable=False),
        Column("traceparent", String(64)),
        sqlite_autoincrement=True,
    )
    Index(f"ix_{service}_errands_next", errands.c.next_at, errands.c.id)
    return errands


def _parked(service: str, metadata: MetaData) -> Table:
    return Table(
        f"{service}_parked",
        metadata,
        Column("id", BigIdentity, primary_key=True, autoincrement=True),
        Column("event_id", String(EVENT_ID_MAX), nullable=False, unique=True),
        Column("topic", String(NAME_MAX), nullable=False),
        Column("lead_id", String(KEY_MAX), nullable=False, index=True),
        Column("type", String(NAME_MAX), nullable=False),
        Column("value", LargeBinary, nullable=False),
        Column("reason", Text, nullable=False),
        Column("owner", String(200), nullable=False),
        Column("parked_at", UtcDateTime, nullable=False),
        Column("due_at", UtcDateTime, nullable=False),
        sqlite_autoincrement=True,
    )


def _agreements(service: str, metadata: MetaData) -> Table:
    # `takes_over_at` is announced before it comes; `took_over_at` is when what follows from it was done.
    return Table(
        f"{service}_agreements",
        metadata,
        Column("ref", String(100), primary_key=True),
        Column("fingerprint", String(64), nullable=False),
        Column("text", Text, nullable=False),
        Column("lists", JSON, nullable=False),
        Column("effective_from", UtcDateTime, nullable=False),
        Column("takes_over_at", UtcDateTime),
        Column("took_over_at", UtcDateTime),
        Column("held_up", Text),
    )
