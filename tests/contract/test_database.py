"""The seam to the database: what every service may rely on, on SQLite and PostgreSQL alike."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from shared.db.database import Database, DatabaseUnavailable, ping
from shared.db.dialect import locked
from shared.runtime.log import logger

metadata = MetaData()
marks = Table(
    "marks", metadata, Column("name", String(40), primary_key=True), Column("value", Integer, nullable=False)
)


@pytest.fixture(params=["threads", "inline"])
async def database(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, inline=request.param == "inline")
    await database.tx(metadata.create_all)
    yield database
    database.close()


def put(name: str, value: int, conn: Connection) -> str:
    conn.execute(insert(marks), [{"name": name, "value": value}])
    return name


def names(conn: Connection) -> list[str]:
    return list(conn.execute(select(marks.c.name).order_by(marks.c.name)).scalars())


async def test_what_a_transaction_did_is_there_and_its_result_comes_back(database: Database) -> None:
    assert await database.tx(lambda conn: put("a", 1, conn)) == "a"
    assert await database.read(names) == ["a"]


async def test_an_error_rolls_back_and_is_raised_as_it_is(database: Database) -> None:
    def fails(conn: Connection) -> None:
        put("a", 1, conn)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await database.tx(fails)
    assert await database.read(names) == []


async def test_an_error_that_nobody_may_catch_rolls_back_too(database: Database) -> None:
    class Cut(BaseException):
        pass

    def fails(conn: Connection) -> None:
        put("a", 1, conn)
        raise Cut

    with pytest.raises(Cut):
        await database.tx(fails)
    assert await database.read(names) == []
    await database.tx(lambda conn: put("b", 1, conn))
    assert await database.read(names) == ["b"]


async def test_a_read_can_not_write(database: Database) -> None:
    with pytest.raises((SQLAlchemyError, DatabaseUnavailable)):
        await database.read(lambda conn: put("a", 1, conn))
    assert await database.read(names) == []
    await database.tx(lambda conn: put("b", 1, conn))


async def test_a_read_sees_one_moment_whatever_is_committed_meanwhile(database: Database) -> None:
    def twice(conn: Connection) -> tuple[list[str], list[str]]:
        before = names(conn)
        writer = threading.Thread(target=database.tx_inline, args=(lambda other: put("a", 1, other),))
        writer.start()
        writer.join(10)
        return before, names(conn)

    assert await database.read(twice) == ([], [])
    assert await database.read(names) == ["a"]


async def test_many_transactions_at_once_lose_nothing(database: Database) -> None:
    await database.tx(lambda conn: put("sum", 0, conn))

    def add(conn: Connection) -> None:
        query = locked(select(marks.c.value).where(marks.c.name == "sum"))
        value = conn.execute(query).scalar_one()
        conn.execute(update(marks).where(marks.c.name == "sum").values(value=value + 1))

    await asyncio.gather(*(database.tx(add) for _ in range(50)))
    assert await database.read(lambda conn: conn.execute(select(marks.c.value)).scalar_one()) == 50


async def test_a_caller_who_goes_away_leaves_no_half_transaction(database_url: str) -> None:
    database = Database(database_url)
    await database.tx(metadata.create_all)
    entered, go = threading.Event(), threading.Event()

    def slow(conn: Connection) -> None:
        put("a", 1, conn)
        entered.set()
        assert go.wait(10)
        put("b", 1, conn)

    caller = asyncio.create_task(database.tx(slow))
    assert await asyncio.to_thread(entered.wait, 10)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    go.set()
    await database.tx(lambda conn: put("c", 1, conn))
    found = await database.read(names)
    while "b" not in found:  # On PostgreSQL it may still be on its way.
        assert found == ["c"]
        await asyncio.sleep(0.01)
        found = await database.read(names)
    assert found == ["a", "b", "c"]
    database.close()


async def test_a_mistake_in_a_statement_is_no_outage(database: Database) -> None:
    with pytest.raises(DBAPIError):
        await database.tx(lambda conn: conn.execute(text("SELECT * FROM nowhere")))
    with pytest.raises(DBAPIError):
        await database.read(lambda conn: conn.execute(text("SELECT nonsense FROM")))
    await database.read(ping)


async def test_errors_do_not_quote_what_is_in_the_rows(database: Database) -> None:
    await database.tx(lambda conn: put("ana@northwind.example", 1, conn))
    with pytest.raises(IntegrityError) as raised:
        await database.tx(lambda conn: put("ana@northwind.example", 1, conn))
    assert "northwind" not in str(raised.value).split("\n")[0]
    assert "[parameters" not in str(raised.value)


async def test_a_failure_that_somebody_swallowed_never_looks_like_success(database: Database) -> None:
    def swallows(conn: Connection) -> None:
        put("a", 1, conn)
        try:
            put("a", 1, conn)
        except IntegrityError:
            logger("test").debug("swallowed")

    if database.is_sqlite:  # Only the statement is undone there; the transaction is whole.
        await database.tx(swallows)
        assert await database.read(names) == ["a"]
    else:
        with pytest.raises(Exception, match="a statement failed and its error was swallowed"):
            await database.tx(swallows)
        assert await database.read(names) == []


async def test_a_closed_database_says_so(database_url: str) -> None:
    database = Database(database_url)
    await database.read(ping)
    database.close()
    for use in (database.tx, database.read):
        with pytest.raises(DatabaseUnavailable, match="this process is stopping"):
            await use(ping)


async def test_seams_are_told_in_order(database_url: str) -> None:
    told: list[str] = []
    database = Database(database_url, inline=True, seam=told.append)
    await database.tx(ping)
    assert told == ["begin", "commit", "committed"]
    database.close()
