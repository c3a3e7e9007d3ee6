"""Where requests wait for a commit that they share: a 2xx means durable."""

from collections.abc import Sequence

from services.ingest import handlers
from services.ingest.handlers import Arrival, Receipt
from shared.effects import PolicyError
from shared.runtime.group import GroupCommit, GroupFull, commit_group
from shared.runtime.http import Problem, busy
from shared.runtime.service import Service
from shared.runtime.spans import committed


class Reception:
    """Takes arrivals in, in groups. One for all of ingest's routes in a process."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._group: GroupCommit[Arrival, Receipt] = GroupCommit(self._write)

    async def take_in(self, arrival: Arrival) -> Receipt:
        """Returns when the arrival is durable. Raises Problem, DatabaseUnavailable or PolicyError."""
        try:
            return await self._group.add(arrival)
        except GroupFull as full:
            raise busy() from full

    async def take_in_all(self, arrivals: Sequence[Arrival]) -> list[Receipt | Exception]:
        """The rows of an import, in one transaction if all are well; each row's own result."""
        return await commit_group(self._write, arrivals)

    async def drain(self) -> None:
        """Return when everything that was accepted is committed."""
        await self._group.drain()

    async def _write(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        began = self._service.clock.now()
        receipts = await self._service.tx(lambda tx: handlers.take_in(tx, arrivals))
        if self._service.tracer is not None:
            leads = [(one.traceparent, said.lead) for one, said in zip(arrivals, receipts, strict=True)]
            committed(self._service, leads, began)
        return receipts


def as_problem(failed: Exception) -> Problem:
    """What a caller is told of a request that could not be taken in."""
    if isinstance(failed, Problem):
        return failed
    if isinstance(failed, handlers.AnotherBody):
        return Problem(409, "Another body", str(failed))
    if isinstance(failed, PolicyError):
        return Problem(422, "Can not be taken in", str(failed))
    return busy()
