"""Lead states, and the questions that SQL answers about them: whose are they, who waits, how many."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, Select, bindparam, delete, func, or_, select

from services.routing.domain.model import RoutedLead
from services.routing.tables import leads, messaging
from shared.db.dialect import among, choosing
from shared.db.prepared import fetch
from shared.db.states import States
from shared.runtime.tx import Tx
from shared.terms import LeadId

_OPEN: Final = ("holding", "offering")
_THERE: Final = leads.c.owner.is_not(None)
"""So for every open lead; only where it is asked, PostgreSQL goes by the index, which has no others."""

_in_queue: Final = (leads.c.standing == "holding", leads.c.owner_kind == "queue")
_OUT: Final = (
    select(leads.c.lead_id)
    .where(*_in_queue, leads.c.owner == bindparam("team"), leads.c.waiting)
    .order_by(leads.c.score.desc(), leads.c.since, leads.c.position, leads.c.lead_id)
    .limit(bindparam("limit", type_=Integer))
)
_WAITING: Final = choosing(_OUT.where(leads.c.position.is_(None)))
_PACED: Final = choosing(_OUT.where(leads.c.position.is_not(None)))


def _columns(lead: RoutedLead) -> Mapping[str, Any]:
    custody = lead.custody
    holder = custody.holder if custody.ours else None
    return {
        "standing": custody.standing,
        "owner_kind": holder.kind if holder else None,
        "owner": holder.name if holder else None,
        "answers": holder.answers if holder else None,
        "asked": lead.handoff.to if lead.handoff else None,
        "team": lead.team,
        "stage": lead.stage.value,
        "waiting": lead.waiting,
        "position": lead.position,
        "score": lead.snapshot.score if lead.snapshot else 0,
        "since": lead.since,
    }


lead_states: Final = States(leads, RoutedLead, _columns)


def leads_of(conn: Connection, person: str) -> list[LeadId]:
    """The leads for which this person answers, or which they are asked to take over."""
    query = select(leads.c.lead_id).where(
        or_(leads.c.answers == person, leads.c.asked == person), leads.c.standing.in_(_OPEN)
    )
    return [LeadId(lead) for lead in conn.execute(query.order_by(leads.c.lead_id)).scalars()]


def asked(conn: Connection, person: str | None = None) -> list[LeadId]:
    """The leads that this person is asked to take over, or anybody."""
    whom = leads.c.asked.is_not(None) if person is None else leads.c.asked == person
    query = select(leads.c.lead_id).where(whom).order_by(leads.c.lead_id)
    return [LeadId(lead) for lead in conn.execute(query).scalars()]


def held_in(conn: Connection, teams: Iterable[str], people: Iterable[str]) -> list[LeadId]:
    """The leads of these teams, and those for which these people answer, or which they are asked for."""
    whose = or_(
        among(leads.c.team, "teams"), among(leads.c.answers, "people"), among(leads.c.asked, "people")
    )
    query = select(leads.c.lead_id).where(whose, leads.c.standing == "holding").order_by(leads.c.lead_id)
    found = conn.execute(query, {"teams": sorted(set(teams)), "people": sorted(set(people))})
    return [LeadId(lead) for lead in found.scalars()]


def held_since(
    conn: Connection, since: datetime, until: datetime | None, after: str, limit: int
) -> list[LeadId]:
    """The next leads that are held here, and were given to their holder in this time, by their ids."""
    held = [leads.c.standing == "holding", leads.c.since >= since, leads.c.lead_id > after]
    held += [leads.c.since <= until] if until is not None else []
    query = select(leads.c.lead_id).where(*held).order_by(leads.c.lead_id).limit(limit)
    return [LeadId(lead) for lead in conn.execute(query).scalars()]


def leads_after(conn: Connection, after: str, limit: int) -> list[LeadId]:
    """The next leads that are held here, in the order of the database."""
    held = (leads.c.lead_id > after, leads.c.standing == "holding")
    query = select(leads.c.lead_id).where(*held).order_by(leads.c.lead_id).limit(limit)
    return [LeadId(lead) for lead in conn.execute(query).scalars()]


def count_open(conn: Connection, people: Iterable[str]) -> dict[str, int]:
    """How many leads lie in each one's hands, offers of a hand-off included. Exact under their locks."""
    wanted = sorted(set(people))
    if not wanted:
        return {}
    counts: dict[str, int] = {}
    for column in (leads.c.owner, leads.c.asked):
        for person, count in fetch(conn, _open_by(column), {"people": wanted}):
            counts[person] = counts.get(person, 0) + count
    return counts


@cache
def _open_by(column: Column[str]) -> Select[Any]:
    held = (leads.c.standing == "holding", leads.c.owner_kind == "rep")
    counted: Any = select(column, func.count()).where(*held, among(column, "people")).group_by(column)
    return choosing(counted)


def count_by_team(conn: Connection) -> dict[str, int]:
    """How many leads each team has in its queue or with its people, by the team's name."""
    return _count_by(conn, leads.c.team)


def count_by_person(conn: Connection) -> dict[str, int]:
    """For how many leads each person answers."""
    return _count_by(conn, leads.c.answers)


def _count_by(conn: Connection, column: Column[Any]) -> dict[str, int]:
    query = select(column, func.count()).where(leads.c.standing.in_(_OPEN), _THERE, column.is_not(None))
    return {row[0]: row[1] for row in conn.execute(query.group_by(column).order_by(column))}


def waiting_in(conn: Connection, team: str, limit: int, *, paced: bool = False) -> list[LeadId]:
    """What a queue gives out, highest score first, then by arrival. `paced`: what came in a heap instead."""
    rows = fetch(conn, _PACED if paced else _WAITING, {"team": team, "limit": limit})
    return [LeadId(row.lead_id) for row in rows]


def count_heaps(conn: Connection, teams: Iterable[str]) -> dict[str, int]:
    """How many leads of a heap each of these teams has, by team."""
    heaps = (*_in_queue, leads.c.position.is_not(None))
    query = select(leads.c.owner, func.count()).where(*heaps, among(leads.c.owner, "teams"))
    found = conn.execute(query.group_by(leads.c.owner), {"teams": sorted(teams)})
    return {row[0]: row[1] for row in found}


def queue_of(conn: Connection, team: str, limit: int) -> list[LeadId]:
    """Everything in a team's queue as it goes out; what does not go out by itself comes last."""
    query = (
        select(leads.c.lead_id)
        .where(*_in_queue, leads.c.owner == team)
        .order_by(
            leads.c.waiting.desc(),
            leads.c.position.is_not(None),
            leads.c.score.desc(),
            leads.c.since,
            leads.c.position,
            leads.c.lead_id,
        )
        .limit(limit)
    )
    return [LeadId(lead) for lead in conn.execute(query).scalars()]


def forget_errands(tx: Tx, erased: Collection[LeadId]) -> None:
    """Drop what was still to be told about erased leads, in this transaction too: it names the person."""
    errands = messaging.errands
    if erased:
        tx.conn.execute(delete(errands).where(among(errands.c.lead_id, "ids")), {"ids": sorted(erased)})
        tx.errands[:] = [row for row in tx.errands if row["lead_id"] not in erased]


def open_by_stage(conn: Connection) -> list[tuple[str, int]]:
    """The leads that routing holds, counted by stage."""
    query = select(leads.c.stage, func.count()).where(leads.c.standing == "holding", _THERE)
    return [(row[0], row[1]) for row in conn.execute(query.group_by(leads.c.stage))]


def queues(conn: Connection) -> list[tuple[str, int, datetime | None]]:
    """Every queue that is not empty: its team, its size, and since when the oldest lead is there."""
    query = select(leads.c.owner, func.count(), func.min(leads.c.since))
    held = query.where(leads.c.standing == "holding", leads.c.owner_kind == "queue", _THERE)
    return [(row[0], row[1], row[2]) for row in conn.execute(held.group_by(leads.c.owner))]


def offers(conn: Connection) -> tuple[int, datetime | None]:
    """How many offers to nurture are open, and since when the oldest of these leads had its owner."""
    query = select(func.count(), func.min(leads.c.since)).where(leads.c.standing == "offering", _THERE)
    count, oldest = conn.execute(query).one()
    return count, oldest


def timers_of(conn: Connection, keys: Iterable[LeadId], purpose: str) -> dict[LeadId, datetime]:
    """When the timers of one purpose that are kept under these keys are due."""
    timers = messaging.timers
    query = select(timers.c.lead_id, timers.c.due_at).where(timers.c.purpose == purpose)
    found = conn.execute(query.where(among(timers.c.lead_id, "keys")), {"keys": sorted(keys)})
    return {LeadId(key): due_at for key, due_at in found}


def clocks(conn: Connection) -> list[tuple[str, int, datetime | None]]:
    """The timers that wait: their purpose, how many, and when the next is due."""
    timers = messaging.timers
    query = select(timers.c.purpose, func.count(), func.min(timers.c.due_at))
    return [(row[0], row[1], row[2]) for row in conn.execute(query.group_by(timers.c.purpose))]
