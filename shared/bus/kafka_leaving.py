"""Takes a consumer out of its Kafka group, also when the broker does not answer."""

import asyncio
from typing import Any, Final

CLOSE_LIMIT_S: Final = 3.0


async def leave(kafka: Any) -> None:
    """Leave the group, so that others take over at once, and let the connections go. Raises nothing."""
    coordinator = kafka._coordinator
    if coordinator is not None:
        # A named member would keep its partitions until its session is over. Only a crash shall do that.
        coordinator._group_instance_id = None
    # In a task of its own: `stop` may raise the cancellation of a task of aiokafka's, and end its caller.
    stopping = asyncio.create_task(kafka.stop())
    await asyncio.wait([stopping], timeout=CLOSE_LIMIT_S)
    if not stopping.done() or stopping.cancelled() or stopping.exception():
        await _abandon(kafka, stopping)


async def _abandon(kafka: Any, stopping: asyncio.Task[None]) -> None:
    """The broker does not answer: end what runs in the background; the session's end does the rest."""
    tasks: set[Any] = {stopping}
    if (coordinator := kafka._coordinator) is not None:
        tasks |= {
            coordinator._coordination_task,
            coordinator._heartbeat_task,
            coordinator._commit_refresh_task,
        }
    if (fetcher := kafka._fetcher) is not None:
        tasks |= {fetcher._fetch_task, *fetcher._pending_tasks}
    running = [task for task in tasks if task is not None and not task.done()]
    for task in running:
        task.cancel()
    closing = asyncio.create_task(kafka._client.close())
    await asyncio.wait([closing, *running], timeout=CLOSE_LIMIT_S)
