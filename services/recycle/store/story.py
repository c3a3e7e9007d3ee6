"""The story's lines, the counts, and how far each topic has been read."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, delete, func, select

from services.recycle.tables import IS_OF_A_STAGE, counts, leads, story, watermarks
from shared.db.bulk import insert, upsert
from shared.db.dialect import among, locked
from shared.db.prepared import fetch
from shared.runtime.tx import Tx
from shared.terms import LeadId

AS_OF: Final = "as of"
_MARKS: Final = select(watermarks)
_MARK_EVERY: Final = timedelta(seconds=1)
_COUNT_ROWS_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a topic has been read: its newest event's instant, and when that was read."""

    at: datetime
    read_at: datetime


def save_lines(tx: Tx, lines: Sequence[Mapping[str, Any]]) -> None:
    """Append to the story."""
    if lines:
        insert(tx.conn, story, lines)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened to a lead, in words, with its receipt as it was kept."""

    at: datetime
    type: str
    topic: str
    sentence: str
    receipt: bytes | None


def lines_of(tx: Tx, lead: LeadId, limit: int) -> list[Line]:
    """A lead's story, in the order in which it happened."""
    order = (story.c.at, story.c.hop, story.c.id)
    columns = (story.c.at, story.c.type, story.c.topic, story.c.sentence, story.c.receipt)
    query = select(*columns).where(story.c.lead_id == lead).order_by(*order).limit(limit)
    return [Line(*row) for row in tx.conn.execute(query)]


def count_stages(tx: Tx, since: datetime, until: datetime) -> Iterator[tuple[str, str, int]]:
    """Where leads came from, a type of STAGES, and how many met it from `since` to before `until`."""
    for source, type_, count in tx.conn.execute(stages_reached(since, until)):
        yield source or "", type_, int(count)


def stages_reached(since: datetime, until: datetime) -> Select[Any]:
    """The question of `count_stages`: of the story it reads an index alone, 15 µs for a lead and stage."""
    in_time = (story.c.at >= since) & (story.c.at < until)
    reached = select(story.c.type, story.c.lead_id).where(IS_OF_A_STAGE, in_time).distinct().subquery()
    return (
        select(leads.c.source, reached.c.type, func.count())
        .join_from(reached, leads, leads.c.lead_id == reached.c.lead_id)
        .group_by(leads.c.source, reached.c.type)
    )


def forget_lines(tx: Tx, erased: Iterable[LeadId]) -> None:
    """Delete the stories of leads that were erased."""
    tx.conn.execute(delete(story).where(among(story.c.lead_id, "leads")), {"leads": sorted(erased)})


# ---- counts


def add_counts(tx: Tx, by_name: Counter[str]) -> None:
    """Count. Rows are only added, so that batches of several processes do not wait for each other."""
    if by_name:
        insert(tx.conn, counts, [{"name": name, "by": by_name[name]} for name in sorted(by_name)])


def totals(tx: Tx) -> dict[str, int]:
    """What was counted so far."""
    query = select(counts.c.name, func.sum(counts.c.by)).group_by(counts.c.name)
    return {name: int(total) for name, total in tx.conn.execute(query)}


def add_up_counts(tx: Tx) -> None:
    """Make few rows of many. What another process is adding up is left to it."""
    query = select(counts).order_by(counts.c.id).limit(_COUNT_ROWS_MAX)
    rows = tx.conn.execute(locked(query, skip=True)).all()
    if len(rows) < _COUNT_ROWS_MAX:
        return
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row.name] += row.by
    tx.conn.execute(delete(counts).where(among(counts.c.id, "ids")), {"ids": [row.id for row in rows]})
    add_counts(tx, sums)


# ---- watermarks


def marks(tx: Tx) -> dict[str, Mark]:
    """How far each topic has been read."""
    return {row.topic: Mark(row.at, row.read_at) for row in fetch(tx.conn, _MARKS, {})}


def save_marks(tx: Tx, newest: Mapping[str, datetime]) -> None:
    """Note what was read. At most once a second: a mark that is a little old only makes the ledger wait."""
    before = marks(tx)
    rows = [
        {"topic": topic, "at": max(at, before[topic].at) if topic in before else at, "read_at": tx.now}
        for topic, at in sorted(newest.items())
        if topic not in before or tx.now - before[topic].read_at >= _MARK_EVERY
    ]
    _write_marks(tx, rows)


def save_as_of(tx: Tx, at: datetime) -> None:
    """Note up to when every topic has been read; it never goes back."""
    before = as_of(tx)
    if before is None or at > before:
        _write_marks(tx, [{"topic": AS_OF, "at": at, "read_at": tx.now}])


def _write_marks(tx: Tx, rows: list[dict[str, Any]]) -> None:
    if rows:
        upsert(tx.conn, watermarks, rows, update=[watermarks.c.at, watermarks.c.read_at])


def as_of(tx: Tx) -> datetime | None:
    """Up to when every topic has been read, as the auditor last found it. None before its first round."""
    query = select(watermarks.c.at).where(watermarks.c.topic == AS_OF)
    found: datetime | None = tx.conn.execute(query).scalar_one_or_none()
    return found
