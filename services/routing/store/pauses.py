"""Pauses in SQL: each is a row for good; what is paused now says so in its own row, which decisions lock."""

from typing import Final

import msgspec
from sqlalchemy import Connection, Table, select, update

from services.routing.domain.people.pause import Kind, Pause
from services.routing.tables import pauses, people, teams
from shared.db.bulk import insert

_OF: Final[dict[Kind, tuple[Table, str]]] = {"team": (teams, "team"), "rep": (people, "person")}


def begin_pause(conn: Connection, pause: Pause) -> None:
    """From now on they are given nothing. The caller holds the lock of the row."""
    insert(conn, pauses, [msgspec.structs.asdict(pause)])
    _mark(conn, pause, pause.words)


def end_pause(conn: Connection, pause: Pause) -> None:
    """It is over. The caller holds the lock of the row."""
    ended = {name: getattr(pause, name) for name in ("until", "resumed_by", "resumed_because")}
    this = (pauses.c.kind == pause.kind, pauses.c.name == pause.name, pauses.c.until.is_(None))
    conn.execute(update(pauses).where(*this).values(ended))
    _mark(conn, pause, None)


def read_pauses(conn: Connection, kind: Kind | None = None, name: str | None = None) -> list[Pause]:
    """All pauses there were, or those of one, the newest first."""
    query = select(pauses).order_by(pauses.c.since.desc(), pauses.c.kind, pauses.c.name)
    query = query if kind is None else query.where(pauses.c.kind == kind, pauses.c.name == name)
    return [Pause(**row._mapping) for row in conn.execute(query)]


def open_pause(conn: Connection, kind: Kind, name: str) -> Pause | None:
    """The pause of one that goes on, if they are paused."""
    return next((one for one in read_pauses(conn, kind, name) if one.until is None), None)


def _mark(conn: Connection, pause: Pause, words: str | None) -> None:
    table, key = _OF[pause.kind]
    conn.execute(update(table).where(table.c[key] == pause.name).values(paused=words))
