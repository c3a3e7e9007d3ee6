"""Lets a client of aiokafka's talk to one cluster only, however often it connects anew."""

from collections.abc import Awaitable, Callable
from typing import Any, Final
from weakref import WeakSet

from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest

Connect = Callable[..., Awaitable[Any]]

_NO_TOPIC: Final[list[str]] = []


def guard(client: Any, cluster_id: str | None) -> None:
    """Let `client` use no connection before its broker has said that it is of this cluster; None: of any.

    A check beforehand is not enough: a client connects anew by itself, to whatever has the address by then.
    A connection to another cluster counts as none, so what waits for it fails as if nobody were there.
    """
    if cluster_id is not None:
        client._get_conn = _Guard(client._get_conn, cluster_id)


class _Guard:
    def __init__(self, connect: Connect, cluster_id: str) -> None:
        self._connect, self._cluster_id = connect, cluster_id
        self._ours: WeakSet[Any] = WeakSet()

    async def __call__(self, *whom: Any, **how: Any) -> Any:
        # Until one that is known is there: while one was asked, another may have taken its place.
        while (connection := await self._connect(*whom, **how)) not in self._ours:
            if connection is None or not await self._is_ours(connection):
                return None
            self._ours.add(connection)
        return connection

    async def _is_ours(self, connection: Any) -> bool:
        try:
            answer = await connection.send(MetadataRequest(_NO_TOPIC))
        except (KafkaError, TimeoutError):
            return False
        if answer.cluster_id != self._cluster_id:
            connection.close()
            return False
        return True
