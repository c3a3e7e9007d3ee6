"""What one process does at a time: under a lease while it lasts, or by turns, for one transaction."""

from datetime import timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, Table, Update, bindparam, delete, select, update

from shared.db.bulk import insert_or_skip
from shared.db.dialect import clock_of, locked
from shared.db.prepared import fetch
from shared.runtime.tx import Tx

_CLOCKS_DIFFER_MAX: Final = timedelta(seconds=10)
"""A lease that ends later than this was taken by a clock that was wrong; it is free."""


def take_lease(tx: Tx, name: str, holder: str, lasts: timedelta) -> bool:
    """Take or renew a lease; False while somebody else has it."""
    now = clock_of(tx.conn) or tx.now  # One clock for all: a dead holder's may have been fast.
    leases, until = tx.tables.leases, now + lasts
    insert_or_skip(tx.conn, leases, [{"name": name, "holder": holder, "until": until}])
    wrong = until + _CLOCKS_DIFFER_MAX
    lease = {"name_": name, "holder_": holder, "until_": until, "now_": now, "wrong_": wrong}
    return bool(fetch(tx.conn, _taking(leases), lease))


@cache
def _taking(leases: Table) -> Update:
    over = (leases.c.until < bindparam("now_")) | (leases.c.until > bindparam("wrong_"))
    free = (leases.c.holder == bindparam("holder_")) | over
    taken = update(leases).where(leases.c.name == bindparam("name_"), free)
    return taken.values(holder=bindparam("holder_"), until=bindparam("until_")).returning(leases.c.name)


def give_lease_back(tx: Tx, name: str, holder: str) -> None:
    """Free a lease that is still ours."""
    leases = tx.tables.leases
    tx.conn.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def take_turn(tx: Tx, name: str) -> None:
    """Wait for a turn; nobody else has it until this transaction ends."""
    leases = tx.tables.leases
    insert_or_skip(tx.conn, leases, [{"name": name, "holder": "", "until": tx.now}])
    fetch(tx.conn, _turn_of(leases), {"name": name})


@cache
def _turn_of(leases: Table) -> Select[Any]:
    return locked(select(leases.c.name).where(leases.c.name == bindparam("name")))
