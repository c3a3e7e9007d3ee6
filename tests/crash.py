"""Kills a running Baton while leads are posted, and looks whether every acknowledged lead is there, once.

`python -m tests.crash --leads 20000` is the large one; tests/service/test_run_crash.py runs a small one.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx

from shared.signing import sign_standard_webhook
from tests.running import Running, start

SENDERS: Final = 24
FLOWS_S: Final = 900.0
TITLES: Final = ("VP Sales", "Developer", "Head of IT", "Student")


@dataclass(slots=True)
class Crash:
    """What was acknowledged, and what was found afterwards."""

    leads: int
    acknowledged: dict[int, str] = field(default_factory=dict)
    kills: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    captured: int = 0
    without_owner: int = 0
    owner_gap_s: float = 0.0
    parked: int = 0
    seconds: float = 0.0

    @property
    def is_well(self) -> bool:
        """Everything acknowledged is there once, with an owner."""
        wrong = self.lost or self.twice or self.without_owner or self.owner_gap_s or self.parked
        return not wrong and self.captured == self.leads == len(self.acknowledged)


class _Posting:
    """Posts signed webhooks until each is acknowledged, through every crash."""

    def __init__(self, crash: Crash, running: Running, secret: str) -> None:
        self.crash, self.running, self._secret = crash, running, secret
        self._waiting = list(range(crash.leads))
        self._mark, self._reached = float(crash.leads), asyncio.Event()
        self._client = httpx.AsyncClient(timeout=20, limits=httpx.Limits(max_connections=SENDERS))

    async def post_all(self) -> None:
        await asyncio.gather(*(self._send() for _ in range(SENDERS)))
        await self._client.aclose()

    async def reach(self, mark: float) -> None:
        """Return as soon as so many are acknowledged."""
        self._mark = mark
        if len(self.crash.acknowledged) < mark:
            self._reached.clear()
            await self._reached.wait()

    async def _send(self) -> None:
        while self._waiting:
            number = self._waiting.pop()
            while number not in self.crash.acknowledged:
                try:
                    answer = await self.post(number)
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                    continue
                if answer.status_code == 202:
                    self.crash.acknowledged[number] = answer.json()["lead"]
                    if len(self.crash.acknowledged) >= self._mark:
                        self._reached.set()
                else:
                    assert answer.status_code == 503, answer.text

    async def post(self, number: int) -> httpx.Response:
        """The `number`-th webhook, signed anew."""
        data = {"email": f"person{number}@company{number % 500}.example", "title": TITLES[number % 4]}
        data |= {"consent": "granted", "employees": "250", "industry": "software"}
        body = json.dumps({"type": "form_submitted", "data": data}).encode()
        headers = sign_standard_webhook(f"msg_{number}", int(time.time()), body, self._secret)
        url = f"{self.running.instance.url}/hooks/website"
        return await self._client.post(url, content=body, headers=headers)


async def crash(leads: int, kills: int, folder: Path, dice: Random) -> Crash:
    """Post `leads`, kill Baton `kills` times on the way, and look at what is left."""
    began_s, found = time.monotonic(), Crash(leads)
    running = await asyncio.to_thread(start, folder)
    posting = _Posting(found, running, _secret(folder))
    marks = sorted(dice.uniform(0.1, 0.95) * leads for _ in range(kills))
    work = asyncio.create_task(posting.post_all())
    for mark in marks:
        await posting.reach(mark)
        await asyncio.to_thread(posting.running.stop, signal.SIGKILL)
        found.kills += 1
        posting.running = await asyncio.to_thread(start, folder)
    await work
    try:
        await _look(found, posting.running)
    finally:
        await asyncio.to_thread(posting.running.stop)
    found.seconds = round(time.monotonic() - began_s, 1)
    return found


async def _look(found: Crash, running: Running) -> None:
    counts = await asyncio.to_thread(
        running.wait_until,
        "/v1/counts",
        lambda counts: counts["captured"] >= found.leads and counts["scored"] >= found.leads,
        timeout_s=FLOWS_S,
    )
    await asyncio.to_thread(
        running.wait_until,
        "/v1/status",
        lambda services: not any(one["outbox"] for one in services),
        timeout_s=FLOWS_S,
    )
    found.captured = counts["captured"]
    headers = {"Authorization": f"Bearer {running.instance.key}"}
    limits = httpx.Limits(max_connections=SENDERS)
    async with httpx.AsyncClient(
        base_url=running.instance.url, headers=headers, timeout=60, limits=limits
    ) as client:
        gate = asyncio.Semaphore(SENDERS)
        await asyncio.gather(*(_look_at(found, client, gate, lead) for lead in found.acknowledged.values()))
        owners = (await client.get("/v1/owners/summary")).json()
        services = (await client.get("/v1/status")).json()
    found.without_owner = owners["leads_without_owner"]
    found.owner_gap_s = owners["owner_gap_seconds"]
    found.parked = sum(one["parked"] for one in services)


async def _look_at(found: Crash, client: httpx.AsyncClient, gate: asyncio.Semaphore, lead: str) -> None:
    async with gate:
        answer = await client.get(f"/v1/leads/{lead}/story")
    lines: list[dict[str, Any]] = answer.json()["lines"] if answer.is_success else []
    captured = sum(line["type"].startswith("lead.captured") for line in lines)
    if captured == 0:
        found.lost.append(lead)
    elif captured > 1 or len(set(found.acknowledged.values())) != len(found.acknowledged):
        found.twice.append(lead)


def _secret(folder: Path) -> str:
    text = (folder / "sources.yaml").read_text()
    return text.partition("secrets: [")[2].partition("]")[0]


def main(arguments: list[str]) -> int:
    """Print what was found as JSON. Exit code 0 if nothing was lost and nothing is there twice."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", default="1")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="baton-crash-") as folder:
        found = asyncio.run(crash(chosen.leads, chosen.kills, Path(folder), Random(chosen.seed)))
    report = {
        "leads": found.leads,
        "acknowledged": len(found.acknowledged),
        "captured": found.captured,
        "kills": found.kills,
        "lost": len(found.lost),
        "twice": len(found.twice),
        "parked": found.parked,
        "leads_without_owner": found.without_owner,
        "owner_gap_seconds": found.owner_gap_s,
        "seconds": found.seconds,
    }
    print(json.dumps(report))
    return 0 if found.is_well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
