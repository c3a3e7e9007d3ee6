"""All the leads that are one person's, found and locked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select, union

from services.ingest.tables import identities, leads
from shared.db.dialect import locked
from shared.runtime.tx import Tx
from shared.terms import LeadId


@dataclass(frozen=True, slots=True)
class Ended:
    """How one of a person's leads ended, if it did, and as which lead it goes on."""

    ending: str | None
    goes_on_as: LeadId | None


def lock_everyone(tx: Tx, some: Iterable[LeadId]) -> dict[LeadId, Ended]:
    """Every lead of the persons who have these: merged, begun after a closing, or kept apart by interest.

    All are locked: nothing can come to belong to them any more, because that takes one of these locks.
    """
    everyone = _everyone(tx, some)
    while True:
        found = _locked(tx, everyone)
        grown = _everyone(tx, everyone)
        if len(grown) == len(everyone):
            return found
        everyone = grown


def _everyone(tx: Tx, known: Iterable[LeadId]) -> list[LeadId]:
    everyone, latest = set(known), set(known)
    while latest:
        latest = _next_to(tx, sorted(latest)) - everyone
        everyone |= latest
    return sorted(everyone)


def _next_to(tx: Tx, ids: Sequence[LeadId]) -> set[LeadId]:
    """The leads one step away."""
    theirs = select(identities.c.kind, identities.c.value).where(identities.c.lead_id.in_(ids)).subquery()
    same = and_(identities.c.kind == theirs.c.kind, identities.c.value == theirs.c.value)
    steps = union(
        select(leads.c.goes_on_as).where(leads.c.lead_id.in_(ids), leads.c.goes_on_as.is_not(None)),
        select(leads.c.lead_id).where(leads.c.goes_on_as.in_(ids)),
        select(identities.c.lead_id).join(theirs, same),
    )
    return {LeadId(one) for one in tx.conn.execute(steps).scalars()}


def _locked(tx: Tx, ids: Sequence[LeadId]) -> dict[LeadId, Ended]:
    query = select(leads.c.lead_id, leads.c.ending, leads.c.goes_on_as).where(leads.c.lead_id.in_(ids))
    rows = tx.conn.execute(locked(query.order_by(leads.c.lead_id)))
    return {LeadId(row.lead_id): Ended(row.ending, row.goes_on_as) for row in rows}
