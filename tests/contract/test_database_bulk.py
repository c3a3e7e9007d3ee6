"""Many rows in one statement: every type comes back as it went in, in order, and indexes are used."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Integer, LargeBinary, MetaData, String, Table, Text, select
from sqlalchemy.exc import DataError

from shared.db.arrays import Values
from shared.db.bulk import delete_rows, insert, insert_or_skip, upsert
from shared.db.database import Database
from shared.db.dialect import among
from shared.db.types import BigIdentity, UtcDateTime

metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("id", BigIdentity, primary_key=True, autoincrement=True),
    Column("name", String(20), nullable=False, unique=True),
    Column("text", Text),
    Column("bytes", LargeBinary),
    Column("count", Integer),
    Column("total", BigIdentity),
    Column("yes", Boolean),
    Column("at", UtcDateTime),
    Column("document", JSON),
    sqlite_autoincrement=True,
)
spans = Table(
    "spans",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("text", Text),
)
AT = datetime(1969, 7, 20, 20, 17, 40, 123457, tzinfo=timezone(timedelta(hours=-5)))
FULL = {
    "name": "full",
    "text": 'a "quoted" {brace}, a \\ back-slash,\na line, 世界 🙂, NULL',
    "bytes": bytes(range(256)),
    "count": -(2**31),
    "total": 2**62,
    "yes": True,
    "at": AT,
    "document": {"a": [1, None, "é"], "b": {"c": 'x "y"'}},
}
BARE = dict.fromkeys(FULL) | {"name": "bare", "text": "", "bytes": b"", "yes": False, "document": []}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, inline=True)
    database.tx_inline(metadata.create_all)
    yield database
    database.close()


def written(database: Database) -> list[dict[str, Any]]:
    rows = database.tx_inline(lambda conn: conn.execute(select(things).order_by(things.c.id)).all())
    return [{name: value for name, value in row._mapping.items() if name != "id"} for row in rows]


def named(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "count": n} for n, name in enumerate(names)]


def test_every_type_comes_back_as_it_went_in(database: Database) -> None:
    database.tx_inline(lambda conn: insert(conn, things, [FULL, BARE]))
    assert written(database) == [FULL | {"at": AT.astimezone(UTC)}, BARE]


def test_rows_are_deleted_by_their_whole_key(database: Database) -> None:
    rows = [{"name": name, "at": AT + timedelta(hours=n), "text": ""} for name in "ab" for n in range(2)]
    keys = [{"name": "a", "at": AT}, {"name": "b", "at": AT + timedelta(hours=1)}, {"name": "c", "at": AT}]
    database.tx_inline(lambda conn: insert(conn, spans, rows))
    database.tx_inline(lambda conn: delete_rows(conn, spans, keys))
    left = database.tx_inline(lambda conn: conn.execute(select(spans).order_by(spans.c.name)).all())
    assert [(row.name, row.at) for row in left] == [("a", AT + timedelta(hours=1)), ("b", AT)]


def test_a_column_that_is_the_same_all_along_or_at_both_ends_comes_back_as_it_went_in(
    database: Database,
) -> None:
    same = [FULL | {"name": name} for name in "abc"]
    ends = [
        {**BARE, "name": "d", "at": AT},
        {**BARE, "name": "e", "count": 7},
        {**BARE, "name": "f", "at": AT},
    ]
    database.tx_inline(lambda conn: insert(conn, things, same))
    database.tx_inline(lambda conn: insert(conn, things, ends))
    there = [row | {"at": row["at"] and AT.astimezone(UTC)} for row in [*same, *ends]]
    assert written(database) == there


def test_rows_are_counted_in_the_order_in_which_they_are_given(database: Database) -> None:
    names = [f"{n * 7919 % 1000:03}" for n in range(1000)]
    database.tx_inline(lambda conn: insert(conn, things, named(*names)))
    assert [row["name"] for row in written(database)] == names


def test_what_is_there_is_skipped_and_only_what_is_new_is_named(database: Database) -> None:
    def twice(conn: Any) -> set[str]:
        insert(conn, things, named("a", "b"))
        new = insert_or_skip(conn, things, named("b", "c", "c"), returning=[things.c.name])
        return {name for (name,) in new}

    assert database.tx_inline(twice) == {"c"}
    assert [(row["name"], row["count"]) for row in written(database)] == [("a", 0), ("b", 1), ("c", 1)]


def test_only_the_named_columns_of_what_is_there_change(database: Database) -> None:
    rows = [{"id": 1, "name": "a", "count": 1}, {"id": 2, "name": "b", "count": 2}]

    def twice(conn: Any) -> None:
        insert(conn, things, rows[:1])
        upsert(
            conn,
            things,
            [row | {"name": f"new {row['name']}", "count": 9} for row in rows],
            update=[things.c.count],
        )

    database.tx_inline(twice)
    assert [(row["name"], row["count"]) for row in written(database)] == [("a", 9), ("new b", 9)]


@pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
@pytest.mark.parametrize("bad", ["too long " * 3, "a\x00b"])
def test_what_no_column_can_hold_is_an_error_of_the_data(database: Database, bad: str) -> None:
    with pytest.raises(DataError):
        database.tx_inline(lambda conn: insert(conn, things, [{"name": bad}]))


@pytest.mark.parametrize(
    ("column", "asked", "found"), [("name", ["b", "é", "x"], ["b", "é"]), ("id", [3, 9], ["é"])]
)
def test_a_list_of_any_length_is_one_parameter(
    database: Database, column: str, asked: list[Any], found: list[str]
) -> None:
    database.tx_inline(lambda conn: insert(conn, things, named("a", "b", "é")))
    query = select(things.c.name).where(among(things.c[column], "wanted")).order_by(things.c.id)

    def ask(wanted: list[Any]) -> list[str]:
        return database.tx_inline(lambda conn: list(conn.execute(query, {"wanted": wanted}).scalars()))

    assert ask(asked) == found
    assert ask([]) == []
    assert ask([value for value in asked for _ in range(40_000)]) == found


def test_not_among_is_the_rest(database: Database) -> None:
    database.tx_inline(lambda conn: insert(conn, things, named("a", "b", "c")))
    query = select(things.c.name).where(~among(things.c.name, "wanted"))
    assert database.tx_inline(lambda conn: list(conn.execute(query, {"wanted": ["a", "c"]}).scalars())) == [
        "b"
    ]


@pytest.mark.sqlite
def test_sqlite_uses_the_index(tmp_path: Any) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db", inline=True)
    database.tx_inline(metadata.create_all)
    query = select(things.c.id).where(among(things.c.name, "wanted"))
    with database._writer.connect() as conn:
        statement = str(query.compile(dialect=conn.dialect))
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ('["a"]',)).all()
    database.close()
    assert any("SEARCH things USING" in row[3] for row in plan), plan


def test_a_type_without_a_known_form_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="add its binary form"):
        Values(Table("odd", MetaData(), Column("x")).c.x.type)
