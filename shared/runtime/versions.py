"""Which version of the agreement is in force: announced in the service's database before it is.

So every process of a service knows the instant beforehand, and asks nobody when it comes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, select

from shared.agreement import Agreement
from shared.db.database import DatabaseUnavailable
from shared.db.dialect import choosing
from shared.db.prepared import fetch
from shared.runtime.shelf import Shelf

NOTICE: Final = timedelta(seconds=5)
"""How long beforehand a version is announced."""
VALID: Final = timedelta(seconds=3)
"""How long a process goes by what it has seen announced: NOTICE, less what a commit may take."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class NotInForceHere(DatabaseUnavailable):
    """This process does not have the version in force: it does nothing until it has. The text says why."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a service's database knows of a version.

    `takes_over_at` is announced before it comes; without it the version is only planned. `took_over_at`:
    when what follows from it was done.
    """

    ref: str
    fingerprint: str
    effective_from: datetime
    takes_over_at: datetime | None
    took_over_at: datetime | None
    held_up: str | None

    def has_come(self, at: datetime) -> bool:
        """Whether it was announced for that instant, or one before."""
        return self.takes_over_at is not None and self.takes_over_at <= at

    @property
    def is_done(self) -> bool:
        """Whether what follows from it was done."""
        return self.took_over_at is not None


@dataclass(frozen=True, slots=True)
class _Span:
    since: datetime
    ref: str
    agreement: Agreement | None


@dataclass(frozen=True, slots=True)
class _Known:
    """What was seen announced, newest first, and until when that is certain to be all."""

    spans: Sequence[_Span] = ()
    until: datetime = _NEVER


class Versions:
    """The versions of one service, by its table. `shelf`: what this process has the files of."""

    def __init__(self, shelf: Shelf, table: Table) -> None:
        self.shelf = shelf
        self.table = table
        self._known = _Known()
        self._not_before: dict[str, datetime] = {}

    def may_try(self, what: str, now: datetime) -> bool:
        """Whether something that failed may be tried again."""
        return self._not_before.get(what, _NEVER) <= now

    def try_again(self, what: str, at: datetime) -> None:
        """It failed: not before that instant again."""
        self._not_before[what] = at

    def in_force(self, at: datetime, conn: Connection | None = None) -> Agreement:
        """The version in force at that instant; before the first, that. Raises NotInForceHere."""
        known = self._known
        if at > known.until:
            if conn is None:
                raise NotInForceHere(
                    "the database did not say lately which version of the agreement is in force"
                )
            self.learn(conn, at)
            known = self._known
        for span in known.spans:
            if span.since <= at:
                return _here(span)
        if not known.spans:
            raise NotInForceHere("no version of the agreement is in force yet")
        return _here(known.spans[-1])

    def learn(self, conn: Connection, now: datetime) -> list[Kept]:
        """See what is announced, and return all that is kept. `now`: an instant before it was asked."""
        rows = [Kept(*row) for row in fetch(conn, _kept(self.table), {})]
        spans = [
            _Span(row.takes_over_at, row.ref, found.agreement if found else None)
            for row in announced(rows)
            if row.takes_over_at is not None
            for found in [self.shelf.get(row.ref, row.fingerprint)]
        ]
        self._known = _Known(spans, now + VALID)
        return rows


def announced(rows: Iterable[Kept]) -> list[Kept]:
    """Those whose instant is known, newest first."""
    known = [(row.takes_over_at, row.effective_from, row) for row in rows if row.takes_over_at is not None]
    return [row for _, _, row in sorted(known, key=lambda one: one[:2], reverse=True)]


def meant_from(effective_from: datetime, takes_over_at: datetime | None) -> datetime:
    """From when a version counts. The first of all is in force at once, also if it was meant for later."""
    return min(effective_from, takes_over_at or effective_from)


def parted(rows: Iterable[Kept], at: datetime) -> tuple[list[Kept], list[Kept]]:
    """What is announced for later, and what has come by then, in force or former; each newest first."""
    newest_first = announced(rows)
    # The first of all is in force before its instant too: clocks differ.
    ahead = [row for row in newest_first[:-1] if not row.has_come(at)]
    return ahead, newest_first[len(ahead) :]


def coming(rows: Iterable[Kept]) -> list[Kept]:
    """What is to come and not announced, newest first."""
    rows = list(rows)
    newest = max((meant_from(row.effective_from, row.takes_over_at) for row in announced(rows)), default=None)
    waiting = [row for row in rows if row.takes_over_at is None]
    ahead = [row for row in waiting if newest is None or row.effective_from >= newest]
    return sorted(ahead, key=lambda row: row.effective_from, reverse=True)


def _here(span: _Span) -> Agreement:
    if span.agreement is None:
        raise NotInForceHere(
            f"{span.ref} is in force since {span.since:%Y-%m-%d %H:%M:%S} UTC, and this process has no file "
            "of it with the content that took over; put that beside the others: it is looked for every 10 s"
        )
    return span.agreement


@cache
def _kept(table: Table) -> Select[Any]:
    columns = (table.c[name] for name in Kept.__dataclass_fields__)
    return choosing(select(*columns).order_by(table.c.ref))
