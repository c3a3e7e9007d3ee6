"""What the same machine, database and bus could do at most: bare acknowledgements, bare copies of records."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, closing, contextmanager
from functools import partial
from typing import Any, Final

import httpx
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, Text

from bench.load import Load, requests
from bench.places import Place
from bench.watch import Rows
from shared.db.bulk import insert
from shared.db.database import Database
from tests.processes import free_port
from tests.starting import ROOT

INSERT: Final = "one INSERT"
COPY: Final = "COPY"
START_S: Final = 30.0
_meta: Final = MetaData()
_ROWS: Final = Table(
    "bench_rows",
    _meta,
    Column("id", Integer, primary_key=True),
    Column("key", Text),
    Column("value", LargeBinary),
)

Write = Callable[[Rows, Connection], None]


async def bare_acknowledgements(place: Place, number: int, connections: int) -> float:
    """Webhooks a second by a group commit of nothing but their bytes, behind a bare ASGI function."""
    with _bare(place.new_database("bare")) as port:
        await Load(requests(number // 10, 0), connections=connections).run(port)
        posts = requests(number, 0)
        began = time.perf_counter()
        await Load(posts, connections=connections).run(port)
        return number / (time.perf_counter() - began)


async def bare_copies(place: Place, number: int) -> dict[str, float]:
    """Records a second from bus to table, 500 in a transaction: by one INSERT, by COPY if there is one."""
    url = place.new_database("rows")
    found = {INSERT: await _copy(place, url, number, _insert)}
    return found if url.startswith("sqlite") else found | {COPY: await _copy(place, url, number, _copy_in)}


async def _copy(place: Place, url: str, number: int, write: Write) -> float:
    with closing(Database(url)) as database:
        await database.tx(_meta.drop_all)
        await database.tx(_meta.create_all)
        async with place.watch() as watch, aclosing(watch.batches()) as batches:
            rows, done, began = await anext(batches), 0, time.perf_counter()  # After it has connected.
            while rows and done < number:
                await database.tx(partial(write, rows))
                done += len(rows)
                rows = await anext(batches, [])
            return done / (time.perf_counter() - began)


def _insert(rows: Rows, conn: Connection) -> None:
    insert(conn, _ROWS, [{"key": key, "value": value} for key, value in rows])


def _copy_in(rows: Rows, conn: Connection) -> None:
    driver: Any = conn.connection.dbapi_connection
    with driver.cursor().copy("COPY bench_rows (key, value) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["text", "bytea"])
        for row in rows:
            copy.write_row(row)


@contextmanager
def _bare(url: str) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.bare", url, str(port)], cwd=ROOT)
    try:
        _wait(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    ends_at = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < ends_at:
        try:
            httpx.post(f"http://127.0.0.1:{port}/", content=b"{}", trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("bench.bare did not start; run it by hand to see why")
