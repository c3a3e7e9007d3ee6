"""Lead states: read and written in bulk, under locks that nobody can take in the wrong order."""

import random
import threading
from collections.abc import Iterator

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import Column, Connection, Integer, MetaData, Table, select

from shared.db.database import Database
from shared.db.states import LEAD_ID_MAX, States, state_columns
from shared.effects import PolicyError
from shared.terms import LeadId


class Count(msgspec.Struct, frozen=True, omit_defaults=True):
    """A state: how often, and by whom."""

    n: int = 0
    by: tuple[str, ...] = ()


metadata = MetaData()
plain = Table("counts", metadata, *state_columns())
indexed = Table(
    "indexed_counts", metadata, *state_columns(), Column("n", Integer, nullable=False, index=True)
)
states = States(plain, Count)
ANA, BEA, CLEO = LeadId("ana"), LeadId("bea"), LeadId("cleo")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, inline=True)
    database.tx_inline(metadata.create_all)
    yield database
    database.close()


async def test_a_lead_never_heard_of_has_the_empty_state_and_gets_a_row(database: Database) -> None:
    assert database.tx_inline(lambda conn: states.lock(conn, [BEA, ANA, BEA])) == {ANA: Count(), BEA: Count()}
    rows = await database.read(lambda conn: conn.execute(select(plain).order_by(plain.c.lead_id)).all())
    assert [tuple(row) for row in rows] == [(ANA, None), (BEA, None)]


async def test_what_was_saved_is_read_again(database: Database) -> None:
    def work(conn: Connection) -> None:
        found = states.lock(conn, [ANA, BEA])
        states.save(conn, {ANA: replace(found[ANA], n=3, by=("x", "y"))})

    database.tx_inline(work)
    expected = {ANA: Count(3, ("x", "y")), BEA: Count()}
    assert database.tx_inline(lambda conn: states.lock(conn, [ANA, BEA])) == expected
    assert await database.read(lambda conn: states.read(conn, [ANA, CLEO])) == {ANA: expected[ANA]}


async def test_a_read_leaves_no_row_behind(database: Database) -> None:
    assert await database.read(lambda conn: states.read(conn, [ANA])) == {}
    assert await database.read(lambda conn: conn.execute(select(plain)).all()) == []


def test_states_come_in_the_order_of_their_ids_whatever_is_asked_for(database: Database) -> None:
    found = database.tx_inline(lambda conn: states.lock(conn, [CLEO, ANA, BEA]))
    assert list(found) == [ANA, BEA, CLEO]


def test_nothing_asked_is_nothing_done(database: Database) -> None:
    def work(conn: Connection) -> None:
        assert states.lock(conn, []) == states.read(conn, []) == {}
        states.save(conn, {})

    database.tx_inline(work)


async def test_five_hundred_leads_are_one_batch(database: Database) -> None:
    leads = [LeadId(f"lead-{n:03}") for n in range(500)]

    def count(conn: Connection) -> None:
        found = states.lock(conn, leads)
        states.save(conn, {lead: replace(state, n=state.n + 1) for lead, state in found.items()})

    for _ in range(2):
        database.tx_inline(count)
    found = await database.read(lambda conn: states.read(conn, leads))
    assert len(found) == 500
    assert {state.n for state in found.values()} == {2}


async def test_columns_beside_the_state_are_kept_with_it(database: Database) -> None:
    filtered = States(indexed, Count, lambda state: {"n": state.n})

    def work(conn: Connection) -> None:
        filtered.lock(conn, [ANA, BEA])
        filtered.save(conn, {ANA: Count(5)})

    database.tx_inline(work)
    rows = await database.read(
        lambda conn: conn.execute(select(indexed.c.lead_id, indexed.c.n).order_by(indexed.c.n)).all()
    )
    assert [tuple(row) for row in rows] == [(BEA, 0), (ANA, 5)]


@pytest.mark.parametrize("strange", ["x" * (LEAD_ID_MAX + 1), "nul\x00"])
def test_what_can_not_be_a_leads_id_is_refused_on_both_databases(database: Database, strange: str) -> None:
    with pytest.raises(PolicyError, match="no lead has an id like"):
        database.tx_inline(lambda conn: states.lock(conn, [ANA, LeadId(strange)]))


def test_overlapping_batches_of_known_and_new_leads_never_deadlock(database_url: str) -> None:
    databases = [Database(database_url, inline=True) for _ in range(4)]
    databases[0].tx_inline(metadata.create_all)
    turns = 25
    batches = [[_batch(random.Random(f"{n}/{turn}")) for turn in range(turns)] for n in range(4)]

    def work(number: int) -> None:
        for batch in batches[number]:
            databases[number].tx_inline(lambda conn, batch=batch: _count(conn, batch))  # type: ignore[misc]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    leads = {lead for some in batches for batch in some for lead in batch}
    found = databases[0].tx_inline(lambda conn: states.read(conn, leads))
    assert sum(state.n for state in found.values()) == sum(len(batch) for some in batches for batch in some)
    assert [database.repeats for database in databases] == [0] * 4
    for database in databases:
        database.close()


def _batch(dice: random.Random) -> list[LeadId]:
    return [LeadId(f"lead-{n}") for n in dice.sample(range(60), 12)]


def _count(conn: Connection, leads: list[LeadId]) -> None:
    found = states.lock(conn, leads)
    states.save(conn, {lead: replace(state, n=state.n + 1) for lead, state in found.items()})
