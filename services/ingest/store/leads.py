"""Leads as they are kept, and the identities by which a person is known again. Plural in, plural out."""

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import func, select, update

from services.ingest.domain.identity import Identity
from services.ingest.domain.known import Known
from services.ingest.tables import identities, leads
from shared.db.bulk import insert_or_skip, upsert
from shared.db.dialect import among, locked
from shared.db.prepared import fetch
from shared.runtime.tx import Tx
from shared.terms import LeadId

_known: Final = msgspec.json.Decoder(Known)
_key: Final = (identities.c.kind, identities.c.value, identities.c.interest)
_NEAR: Final = select(identities).where(
    among(identities.c.kind, "kinds"), among(identities.c.value, "values")
)
"""By the first two parts of the key: of every interest, and now and then a few more than were asked for."""
_THEIRS: Final = select(identities).where(among(identities.c.lead_id, "leads"))
_LOCKED: Final = locked(
    select(leads.c.lead_id, leads.c.state).where(among(leads.c.lead_id, "ids")).order_by(leads.c.lead_id)
)


@dataclass(frozen=True, slots=True)
class KeptLead:
    """A lead as it is kept: what is known unless it was erased, how it ended, as which lead it goes on."""

    known: Known | None
    ending: str | None
    goes_on_as: LeadId | None


def lock_known(tx: Tx, wanted: Mapping[Identity, LeadId]) -> dict[Identity, Known]:
    """The lead behind each identity that somebody had, locked. What nobody had leads where `wanted` says.

    Whoever is found is found whole: with all they are known by, in every interest.

    An identity is only changed under the lock of the lead that it leads to, or by who has just inserted it.
    So it is read, its lead locked, and read again: meanwhile the lead may have been merged or erased.
    """
    begun: set[Identity] = set()
    asked: set[LeadId] = set()
    states: dict[LeadId, Known] = {}
    nobodys: Iterable[Identity] = wanted
    while True:
        begun |= _begin(tx, {one: wanted[one] for one in nobodys})
        leads_to = _read_persons(tx, wanted.keys(), begun)
        nobodys = wanted.keys() - begun - leads_to.keys()
        unlocked = set(leads_to.values()) - states.keys()
        if not nobodys and not unlocked:
            return {one: states[lead] for one, lead in leads_to.items()}
        assert not unlocked & asked, "an identity leads to a lead that is gone"
        asked |= unlocked
        states |= lock_leads(tx, unlocked)


def _begin(tx: Tx, new: Mapping[Identity, LeadId]) -> set[Identity]:
    """Write down identities with their leads, if nobody has them; whoever else wants them waits for us."""
    if not new:
        return set()
    rows = [_identity_row(one, lead) for one, lead in sorted(new.items())]
    begun = insert_or_skip(tx.conn, identities, rows, returning=_key)
    return {_identity(row) for row in begun}


def _read_persons(tx: Tx, wanted: Iterable[Identity], begun: Container[Identity]) -> dict[Identity, LeadId]:
    """Where these lead, and all else by which the same persons are known; without what we have begun."""
    # Whoever has just begun what is of no interest is new: nobody has it in another.
    asked = {one.anyhow for one in wanted if one.interest or one not in begun}
    if not asked:
        return {}
    found = _near(tx, asked, begun)
    if not any(one.interest for one in (*wanted, *found)):
        return found  # Where interests are not told apart, a person is one lead.
    reached: set[LeadId] = set()
    while latest := set(found.values()) - reached:
        reached |= latest
        theirs = fetch(tx.conn, _THEIRS, {"leads": sorted(latest)})
        found |= _near(tx, {_identity(row).anyhow for row in theirs}, begun)
    return found


def _near(tx: Tx, asked: Collection[Identity], begun: Container[Identity]) -> dict[Identity, LeadId]:
    """Where these lead in every interest."""
    near = {"kinds": sorted({one.kind for one in asked}), "values": sorted({one.value for one in asked})}
    found = {_identity(row): LeadId(row.lead_id) for row in fetch(tx.conn, _NEAR, near)}
    return {one: lead for one, lead in found.items() if one.anyhow in asked and one not in begun}


def _identity(row: Any) -> Identity:
    return Identity(row.kind, row.value, row.interest)


def point_identities(tx: Tx, points_to: Mapping[Identity, LeadId]) -> None:
    """Let identities lead to their leads."""
    rows = [_identity_row(one, lead) for one, lead in sorted(points_to.items())]
    if rows:
        upsert(tx.conn, identities, rows, update=[identities.c.lead_id])


def follow(tx: Tx, onward: Mapping[LeadId, LeadId]) -> None:
    """From each of these leads its person goes on as another: all its identities go along."""
    for old, new in sorted(onward.items()):
        tx.conn.execute(update(identities).where(identities.c.lead_id == old).values(lead_id=new))
        tx.conn.execute(update(leads).where(leads.c.lead_id == old).values(goes_on_as=new))


def lock_leads(tx: Tx, ids: Iterable[LeadId]) -> dict[LeadId, Known]:
    """Leads that are not erased, locked in the order of their ids."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = fetch(tx.conn, _LOCKED, {"ids": wanted})
    return {LeadId(row.lead_id): _known.decode(row.state) for row in rows if row.state is not None}


def save_leads(tx: Tx, states: Iterable[Known]) -> None:
    """Insert or replace; of an absorbed lead only where it went is kept."""
    rows = [_lead_row(lead) for lead in sorted(states, key=lambda lead: lead.id)]
    if rows:
        upsert(tx.conn, leads, rows, update=[leads.c.state, leads.c.ending])


def find_leads(tx: Tx, kind: str, value: str) -> list[LeadId]:
    """The leads behind an identity: one, or one for each interest."""
    query = select(identities.c.lead_id).where(identities.c.kind == kind, identities.c.value == value)
    return sorted({LeadId(lead) for lead in tx.conn.execute(query).scalars()})


def read_lead(tx: Tx, lead: LeadId) -> KeptLead | None:
    """A lead as it is kept; None if nobody knows it."""
    row = tx.conn.execute(select(leads).where(leads.c.lead_id == lead)).one_or_none()
    if row is None:
        return None
    return KeptLead(_known.decode(row.state) if row.state is not None else None, row.ending, row.goes_on_as)


def count_leads(tx: Tx) -> dict[str, int]:
    """Leads by ending; `living` for those without."""
    query = select(leads.c.ending, func.count()).group_by(leads.c.ending)
    return {ending or "living": count for ending, count in tx.conn.execute(query)}


def _identity_row(one: Identity, lead: LeadId) -> dict[str, Any]:
    return {"kind": one.kind, "value": one.value, "interest": one.interest, "lead_id": lead}


def _lead_row(lead: Known) -> dict[str, Any]:
    absorbed = lead.merged_into is not None
    kept = Known(lead.id, lead.born, merged_into=lead.merged_into) if absorbed else lead
    ending = "merged" if absorbed else ("closed" if lead.closed else None)
    return {"lead_id": lead.id, "state": msgspec.json.encode(kept), "ending": ending}
