"""The addresses of calendars in SQL: whose absences are read from which, and how that went."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from services.routing.tables import REASON_MAX, calendars
from shared.db.bulk import upsert


class Source(NamedTuple):
    """One address, with when it was last read, and since when and why it can not be."""

    address: str
    read_at: datetime
    failing_since: datetime | None = None
    why: str = ""


def sources(conn: Connection) -> Mapping[str, Source]:
    """All of them, by person."""
    return {row.person: Source(*row[1:]) for row in conn.execute(select(calendars))}


def source_of(conn: Connection, person: str) -> Source | None:
    """The one of a person, if there is one."""
    row = conn.execute(select(calendars).where(calendars.c.person == person)).one_or_none()
    return None if row is None else Source(*row[1:])


def save_source(conn: Connection, person: str, source: Source) -> None:
    """From now on it is this one."""
    upsert(conn, calendars, [{"person": person, **source._asdict()}], update=list(calendars.c)[1:])


def note_success(conn: Connection, person: str, address: str, now: datetime) -> None:
    """It was read; nothing, if another address is meant by now."""
    this = (calendars.c.person == person, calendars.c.address == address)
    conn.execute(update(calendars).where(*this).values(read_at=now, failing_since=None, why=""))


def note_failure(conn: Connection, person: str, address: str, now: datetime, why: str) -> None:
    """It could not be read; nothing, if another address is meant by now."""
    this = (calendars.c.person == person, calendars.c.address == address)
    since = func.coalesce(calendars.c.failing_since, now)
    conn.execute(update(calendars).where(*this).values(failing_since=since, why=why[:REASON_MAX]))


def drop_source(conn: Connection, person: str) -> None:
    """It is not read any more."""
    conn.execute(delete(calendars).where(calendars.c.person == person))


def count_failing(conn: Connection) -> int:
    """How many can not be read at present."""
    failing = select(func.count()).where(calendars.c.failing_since.is_not(None))
    return int(conn.execute(failing).scalar_one())
