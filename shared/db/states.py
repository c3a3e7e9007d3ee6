"""Lead states: one row a lead, its state as JSON, read and written in bulk under the lead's lock."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Generic, TypeVar

import msgspec
from sqlalchemy import Column, Connection, LargeBinary, Select, String, Table, select

from shared.db.bulk import insert_or_skip, upsert
from shared.db.dialect import among, in_binary, locked
from shared.db.prepared import fetch
from shared.effects import PolicyError
from shared.terms import LeadId
from shared.texts import fits

S = TypeVar("S", bound=msgspec.Struct)
LEAD_ID_MAX: Final = 64


def state_columns() -> tuple[Column[Any], Column[Any]]:
    """The two columns of every table of lead states."""
    return Column("lead_id", String(LEAD_ID_MAX), primary_key=True), Column(
        "state", LargeBinary, nullable=True
    )


class States(Generic[S]):
    """The lead states of one service in one table. `columns` adds what SQL must filter on, from the state."""

    def __init__(
        self, table: Table, kind: type[S], columns: Callable[[S], Mapping[str, Any]] | None = None
    ) -> None:
        self._table = table
        self._empty = kind()
        self._columns = columns or (lambda _: {})
        self._decoder = msgspec.json.Decoder(kind)
        self._encoder = msgspec.json.Encoder()
        self._written = [c for c in table.columns if c.name != "lead_id"]
        # A lead that was never heard of: what its columns hold unless they are told.
        blank = self._columns(self._empty)
        self._blank = {name: value for name, value in blank.items() if value is not None}
        query = select(table.c.lead_id, table.c.state)
        query = query.where(among(table.c.lead_id, "ids")).order_by(table.c.lead_id)
        self._reading: Select[Any] = in_binary(query)
        self._locking: Select[Any] = locked(in_binary(query))

    def lock(self, conn: Connection, leads: Iterable[LeadId]) -> dict[LeadId, S]:
        """Their states, locked in the order of their ids; a lead never heard of has the empty state.

        Raises PolicyError for what can not be a lead's id.
        """
        ids = sorted(set(leads))
        if not ids:
            return {}
        _refuse_strange(ids)
        key = self._table.c.lead_id
        new = insert_or_skip(conn, self._table, [{"lead_id": i, **self._blank} for i in ids], returning=[key])
        states = {LeadId(lead): self._empty for (lead,) in new}
        known = [i for i in ids if i not in states]
        return states | self._load(conn, self._locking, known) if known else states

    def read(self, conn: Connection, leads: Iterable[LeadId]) -> dict[LeadId, S]:
        """Their states without a lock; leads never heard of are left out."""
        ids = sorted(set(leads))
        return self._load(conn, self._reading, ids) if ids else {}

    def save(self, conn: Connection, states: Mapping[LeadId, S]) -> None:
        """Write them back. The caller holds their locks."""
        if states:
            rows = [self._row(i, states[i]) for i in sorted(states)]
            upsert(conn, self._table, rows, update=self._written)

    def decode(self, state: bytes | None) -> S:
        """The state in a row's `state` column."""
        return self._empty if state is None else self._decoder.decode(state)

    def _load(self, conn: Connection, query: Select[Any], ids: list[LeadId]) -> dict[LeadId, S]:
        rows = fetch(conn, query, {"ids": ids})
        return {LeadId(row.lead_id): self.decode(row.state) for row in rows}

    def _row(self, lead: LeadId, state: S) -> dict[str, Any]:
        return {"lead_id": lead, "state": self._encoder.encode(state), **self._columns(state)}


def _refuse_strange(ids: Iterable[LeadId]) -> None:
    # PostgreSQL would refuse them too, but as an error of SQL, which is tried again for ever.
    for lead in ids:
        if not fits(lead, LEAD_ID_MAX):
            raise PolicyError(
                f"no lead has an id like {lead[:LEAD_ID_MAX]!r}: at most {LEAD_ID_MAX} characters"
            )
