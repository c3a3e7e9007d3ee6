"""What only PostgreSQL can do to us: deadlocks, a server that goes, a commit whose outcome nobody knows."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, text

from shared.db.database import REPEATS_MAX, Database, DatabaseUnavailable, ping
from shared.db.migrate import upgrade

only_postgresql = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
QUICK = "?options=-c%20deadlock_timeout%3D20ms"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url + QUICK)
    await database.tx(lambda conn: run(conn, "CREATE TABLE notes (n INTEGER PRIMARY KEY, v INTEGER)"))
    await database.tx(lambda conn: run(conn, "INSERT INTO notes VALUES (1, 0), (2, 0)"))
    yield database
    database.close()


def run(conn: Connection, statement: str) -> None:
    conn.execute(text(statement))


def total(conn: Connection) -> int:
    found: int = conn.execute(text("SELECT sum(v) FROM notes")).scalar_one()
    return found


def backend(conn: Connection) -> int:
    found: int = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return found


async def backends(database: Database, count: int) -> list[int]:
    """Of so many connections at once, which stay in the pool."""
    met = threading.Barrier(count)

    def meet(conn: Connection) -> int:
        met.wait(5)
        return backend(conn)

    return await asyncio.gather(*(database.read(meet) for _ in range(count)))


def end(url: str, *backends: int) -> None:
    """What an operator, a failover or a crash does to a connection."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        for pid in backends:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@only_postgresql
async def test_a_deadlock_repeats_one_of_the_two_and_both_are_in_effect(database: Database) -> None:
    meet, runs = threading.Barrier(2), list[int]()

    def crosswise(first: int, second: int) -> None:
        met: list[int] = []

        def work(conn: Connection) -> None:
            runs.append(first)
            run(conn, f"UPDATE notes SET v = v + 1 WHERE n = {first}")
            if not met:
                met.append(meet.wait(10))
            run(conn, f"UPDATE notes SET v = v + 1 WHERE n = {second}")

        database.tx_inline(work)

    await asyncio.gather(asyncio.to_thread(crosswise, 1, 2), asyncio.to_thread(crosswise, 2, 1))
    assert await database.read(total) == 4
    assert database.repeats == 1
    assert len(runs) == 3


@only_postgresql
async def test_what_loses_again_and_again_ends_as_unavailable(database: Database) -> None:
    runs: list[int] = []

    def always_loses(conn: Connection) -> None:
        runs.append(1)
        run(conn, "DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")

    with pytest.raises(DatabaseUnavailable, match="again"):
        await database.tx(always_loses)
    assert len(runs) == REPEATS_MAX + 1
    assert database.repeats == REPEATS_MAX


@only_postgresql
async def test_a_connection_that_ends_in_the_middle_is_unavailable_and_nothing_was_written(
    database: Database, database_url: str
) -> None:
    def cut_off(conn: Connection) -> None:
        run(conn, "UPDATE notes SET v = 7")
        end(database_url, backend(conn))
        run(conn, "UPDATE notes SET v = 8")

    with pytest.raises(DatabaseUnavailable):
        await database.tx(cut_off)
    assert await database.read(total) == 0, "and the next one has a new connection"


@only_postgresql
async def test_a_commit_whose_outcome_nobody_knows_is_unavailable_and_not_repeated(
    database: Database, database_url: str
) -> None:
    backends: list[int] = []

    def seam(where: str) -> None:
        if where == "commit" and len(backends) == 1:
            end(database_url, backends[0])

    def work(conn: Connection) -> None:
        backends.append(backend(conn))
        run(conn, "UPDATE notes SET v = 7")

    database.seam = seam
    with pytest.raises(DatabaseUnavailable):
        await database.tx(work)
    assert len(backends) == 1


@only_postgresql
async def test_a_server_that_was_restarted_is_not_noticed(database: Database, database_url: str) -> None:
    gate = threading.Barrier(4)

    def together(conn: Connection) -> int:
        gate.wait(10)
        return backend(conn)

    backends = await asyncio.gather(*(database.tx(together) for _ in range(4)))
    end(database_url, *backends)
    assert await asyncio.gather(*(database.read(total) for _ in range(4))) == [0] * 4


@only_postgresql
async def test_a_transaction_that_sits_idle_is_ended_as_unavailable(database: Database) -> None:
    def idle(conn: Connection) -> None:
        run(conn, "SET LOCAL idle_in_transaction_session_timeout = 50")
        threading.Event().wait(0.3)
        run(conn, "UPDATE notes SET v = 7")

    with pytest.raises(DatabaseUnavailable):
        await database.tx(idle)
    assert await database.read(total) == 0


@only_postgresql
async def test_a_statement_that_takes_too_long_is_unavailable(database: Database) -> None:
    def slow(conn: Connection) -> None:
        run(conn, "SET LOCAL statement_timeout = 50")
        run(conn, "SELECT pg_sleep(5)")

    with pytest.raises(DatabaseUnavailable, match="statement timeout"):
        await database.tx(slow)


@only_postgresql
async def test_a_server_that_only_reads_is_unavailable_for_writing(database: Database) -> None:
    def standby(conn: Connection) -> None:
        run(conn, "SET TRANSACTION READ ONLY")
        run(conn, "UPDATE notes SET v = 7")

    with pytest.raises(DatabaseUnavailable, match="read-only"):
        await database.tx(standby)


@pytest.mark.postgres
async def test_nobody_listening_is_unavailable_and_the_password_stays_ours() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    database = Database(f"postgresql+psycopg://ana:geheim@127.0.0.1:{port}/x")
    with pytest.raises(DatabaseUnavailable, match=r"ana:\*\*\*@127\.0\.0\.1") as raised:
        await database.tx(ping)
    assert "geheim" not in str(raised.value)
    database.close()


@only_postgresql
async def test_a_database_that_can_only_be_read_is_not_ready(database_url: str) -> None:
    database = Database(f"{database_url}?options=-c%20default_transaction_read_only%3Don")
    with pytest.raises(DatabaseUnavailable, match="only be read"):
        await database.read(ping)
    database.close()


def write(conn: Connection) -> None:
    run(conn, "UPDATE notes SET v = v + 1 WHERE n = 1")


@only_postgresql
@pytest.mark.parametrize("noticed_by", ["a write", "a ping"])
async def test_a_database_that_may_be_written_again_is_written(database: Database, noticed_by: str) -> None:
    set_so = "ALTER DATABASE {} SET default_transaction_read_only = on"
    set_back = "ALTER DATABASE {} RESET default_transaction_read_only"
    with psycopg.connect(database.url.replace("+psycopg", "").split("?")[0], autocommit=True) as operator:
        name = sql.Identifier(operator.info.dbname)
        operator.execute(sql.SQL(set_so).format(name))
        try:
            end(database.url, *await backends(database, 1))
            await backends(database, 3)
            with pytest.raises(DatabaseUnavailable, match="read"):
                await (database.tx(write) if noticed_by == "a write" else database.read(ping))
        finally:
            operator.execute(sql.SQL(set_back).format(name))
    await database.read(ping)
    await asyncio.gather(*(database.tx(write) for _ in range(3)))
    assert await database.read(total) == 3


@only_postgresql
async def test_how_transactions_see_each_other_is_ours_to_say(database: Database) -> None:
    def settings(conn: Connection) -> tuple[str, ...]:
        names = ("transaction_isolation", "transaction_read_only", "statement_timeout", "deadlock_timeout")
        return tuple(conn.execute(text(f"SHOW {name}")).scalar_one() for name in names)

    assert await database.tx(settings) == ("read committed", "off", "10s", "20ms")
    assert await database.read(settings) == ("repeatable read", "on", "10s", "20ms")
    assert await database.tx(settings) == ("read committed", "off", "10s", "20ms")


@only_postgresql
async def test_processes_that_migrate_at_once_take_turns(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(3)]
    await asyncio.gather(*(database.tx(lambda conn: upgrade(conn, "scoring")) for database in databases))
    for database in databases:
        database.close()


@only_postgresql
async def test_a_migration_may_take_long_but_never_waits_long_for_a_table(database: Database) -> None:
    def settings(conn: Connection) -> tuple[str, ...]:
        upgrade(conn, "scoring")
        names = ("statement_timeout", "lock_timeout")
        return tuple(conn.execute(text(f"SHOW {name}")).scalar_one() for name in names)

    assert await database.tx(settings) == ("0", "5s")
