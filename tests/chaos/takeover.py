"""The embedded Baton, killed around each instant at which a version of its agreement takes over."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Final

from deploy.folder import Folder
from shared.agreement.versions import read_versions
from shared.contracts.scoring import ScoringEvent
from tests.chaos import laws
from tests.chaos.books import Books
from tests.chaos.crowd import webhooks
from tests.chaos.embedded import rest, sender_to
from tests.processes import free_port
from tests.running import Running, start
from tests.service.versions_place import version_text
from tests.simulation.findings import Findings, look
from tests.simulation.laws import Breach, breaches

RATE: Final = 25.0
"""People a second: so many that there are decisions close to each instant."""
AHEAD_S: Final = 6.0
"""How long before its instant a version is brought."""
KILLED_AFTER_S: Final = {2: -0.2, 3: 0.1, 4: -4.4}
"""For each version, how long after its instant: before it comes, when it has come, when it was announced."""
GOES_ON_S: Final = 2.0


async def kill_at_takeovers(folder: Path, seed: str) -> list[Breach]:
    """Kill `baton run` around each takeover while people become leads; the promises that are broken then."""
    port, over = free_port(), asyncio.Event()
    running = await asyncio.to_thread(start, folder, "--port", str(port))
    sender = sender_to(folder, port)
    crowd = takewhile(lambda _: not over.is_set(), webhooks(RATE, seed))
    sending = asyncio.create_task(sender.send(crowd))
    try:
        for version, after_s in KILLED_AFTER_S.items():
            instant = await asyncio.to_thread(_bring, running, version)
            until = instant + timedelta(seconds=after_s)
            await asyncio.sleep((until - datetime.now(UTC)).total_seconds())
            await asyncio.to_thread(running.stop, signal.SIGKILL)
            running = await asyncio.to_thread(start, folder, "--port", str(port))
            await asyncio.to_thread(_in_force, running, f"starter@{version}")
            await asyncio.sleep(GOES_ON_S)
        over.set()
        await sending
        await asyncio.to_thread(rest, running)
    finally:
        await asyncio.to_thread(running.stop)
    kept = Folder(folder)
    agreements = [version.agreement for version in read_versions(kept.agreements)]
    with closing(Books(agreements[-1], kept.database_url("bus"), kept.database_url)) as books:
        found = look(books.read, await books.said(), sender.acknowledged, datetime.now(UTC), agreements)
    return [*breaches(found), *laws.a_lead_a_person(sender.sent.values(), found.said), *_each_decided(found)]


def _bring(running: Running, version: int) -> datetime:
    instant = datetime.now(UTC) + timedelta(seconds=AHEAD_S)
    text = version_text(version, instant, half_life=f"{version}0d")
    (running.data / f"agreement-{version}.yaml").write_text(text)
    running.call("POST", "/v1/agreement/reload").raise_for_status()
    return instant


def _in_force(running: Running, ref: str) -> None:
    running.wait_until("/v1/agreement", lambda found: {one["in_force"] for one in found} == {ref})


def _each_decided(found: Findings) -> Iterator[Breach]:
    """Or the run would have shown nothing."""
    named = {event.event.receipt.agreement for event in found.said if isinstance(event.event, ScoringEvent)}
    for ref in found.agreements:
        if ref not in named:
            yield Breach("every version decides", f"{ref} decided nothing")
