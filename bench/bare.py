"""A ceiling: acknowledges what is posted once its bytes are kept. `python -m bench.bare URL PORT`."""

import itertools
import sys
from collections.abc import Sequence
from typing import Any, Final

import uvicorn
from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table

from shared.db.bulk import insert
from shared.db.database import Database
from shared.runtime.garbage import look_rarely
from shared.runtime.group import GroupCommit

_meta: Final = MetaData()
BODIES: Final = Table(
    "bench_bodies", _meta, Column("id", BigInteger, primary_key=True), Column("body", LargeBinary)
)


def create_app(database: Database) -> Any:
    """A bare ASGI function in front of a group commit."""
    numbers = itertools.count()

    async def write(bodies: Sequence[bytes]) -> Sequence[int]:
        ids = [next(numbers) for _ in bodies]
        rows = [{"id": id_, "body": body} for id_, body in zip(ids, bodies, strict=True)]
        await database.tx(lambda conn: insert(conn, BODIES, rows))
        return ids

    group: GroupCommit[bytes, int] = GroupCommit(write)

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        answer = b'{"lead": "%d"}' % await group.add(body)
        lines = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 202, "headers": lines})
        await send({"type": "http.response.body", "body": answer})

    return app


def main(url: str, port: int) -> None:
    """Serve until it is told to stop; its table is made anew."""
    database = Database(url)
    database.tx_inline(_meta.drop_all)
    database.tx_inline(_meta.create_all)
    look_rarely()
    uvicorn.run(
        create_app(database),
        host="127.0.0.1",
        port=port,
        interface="asgi3",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
