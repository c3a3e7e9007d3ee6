"""The embedded Baton, killed again and again while leads come in as fast as it takes them."""

import asyncio
import signal
import time
from contextlib import closing
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Final

from deploy.folder import Folder
from services.ingest.app import load_sources
from shared.agreement import load
from shared.signing import sign_standard_webhook
from tests.chaos import laws
from tests.chaos.books import Books, figure
from tests.chaos.crowd import webhooks
from tests.chaos.sender import Sender
from tests.processes import free_port
from tests.running import Running, start
from tests.simulation.findings import look
from tests.simulation.laws import Breach, breaches

HEALS_S: Final = 900.0
FASTER_THAN_IT: Final = 5_000.0
"""So many webhooks a second."""


async def kill_embedded(people: int, kills: int, folder: Path, seed: str) -> list[Breach]:
    """Kill `baton run` `kills` times while so many people become leads; the promises that are broken then."""
    port, dice = free_port(), Random(f"kills/{seed}")
    running = await asyncio.to_thread(start, folder, "--port", str(port))
    sender = sender_to(folder, port)
    crowd = takewhile(lambda one: one.person < people, webhooks(FASTER_THAN_IT, seed))
    sending = asyncio.create_task(sender.send(crowd))
    try:
        for share in sorted(dice.uniform(0.1, 0.95) for _ in range(kills)):
            await _reached(sender, share * people)
            await asyncio.to_thread(running.stop, signal.SIGKILL)
            running = await asyncio.to_thread(start, folder, "--port", str(port))
        await sending
        await asyncio.to_thread(rest, running)
    finally:
        await asyncio.to_thread(running.stop)
    kept = Folder(folder)
    with closing(Books(load(kept.agreement), kept.database_url("bus"), kept.database_url)) as books:
        found = look(
            books.read, await books.said(), sender.acknowledged, datetime.now(UTC), [books.agreement]
        )
    return [*breaches(found), *laws.a_lead_a_person(sender.sent.values(), found.said), *laws.polite(sender)]


def sender_to(folder: Path, port: int) -> Sender:
    """Sends signed webhooks to the Baton of a folder."""
    secret = load_sources(Folder(folder).sources)["website"].secrets[0]
    return Sender(port, lambda id, body: sign_standard_webhook(id, int(time.time()), body, secret))


async def _reached(sender: Sender, count: float) -> None:
    while len(sender.acknowledged) < count:  # noqa: ASYNC110  # the sender has no event for it
        await asyncio.sleep(0.02)


def rest(running: Running) -> None:
    """Wait until all that was said is published and read, three times in a row."""
    quiet, ends_s = 0, time.monotonic() + HEALS_S
    while quiet < 3:
        assert time.monotonic() < ends_s, "it does not come to rest"
        time.sleep(0.5)
        waits = any(one["outbox"] for one in running.call("GET", "/v1/status").json())
        quiet = 0 if waits or figure(running.call("GET", "/metrics"), "baton_consumer_lag") else quiet + 1
