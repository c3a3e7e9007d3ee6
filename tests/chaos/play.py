"""Plays a scenario on a real Baton: leads come in, things die, all heals, and every promise is looked at."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final

from tests.chaos import laws
from tests.chaos.books import figure
from tests.chaos.crowd import webhooks
from tests.chaos.faults import Fault, Suffered, scenario, suffer
from tests.chaos.place import AUDIT_GRACE_S, Place, place
from tests.chaos.recovery import Recovery, recoveries, table
from tests.chaos.sender import Sender
from tests.simulation.findings import Findings, look
from tests.simulation.laws import Breach, breaches

HEALS_S: Final = 600.0
"""How long all may take to come to rest, once nothing goes wrong any more."""
SINCE: Final = timedelta(seconds=1)
"""What was under way when a server went may still be answered."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Leads at a steady `rate` a second through these faults: until they are over, and at least `people`.

    The same seed draws the same people and faults.
    """

    seed: str
    people: int
    rate: float
    faults: list[Fault]


@dataclass(frozen=True, slots=True)
class Played:
    """What a scenario has shown."""

    plan: Plan
    broken: list[Breach]
    recovered: list[Recovery]
    deliveries: int
    refusals: dict[str, int]
    said: dict[str, int]

    def report(self) -> list[str]:
        """For people: what was done, what went wrong, how long each recovery took."""
        leads = self.said.get("lead.captured", 0)
        return [
            f"seed {self.plan.seed}: {leads} leads at {self.plan.rate:g}/s, {self.deliveries} deliveries, "
            f"refused on the way: {self.refusals}",
            f"said: {self.said}",
            *table(self.recovered),
            *(f"BROKEN {one.law}: {one.what} ({one.lead})" for one in self.broken[:20]),
            f"{len(self.broken)} promises broken",
        ]


def drawn(seed: str, people: int, rate: float, *, more: int, gone_s: float, paused_s: float) -> Plan:
    """A plan from a seed."""
    return Plan(seed, people, rate, scenario(seed, more=more, gone_s=gone_s, paused_s=paused_s))


async def play(plan: Plan) -> Played:
    """From an empty Baton to the last promise. Raises BrokerUnavailable or PostgresUnavailable."""
    async with place() as baton:
        sender = Sender(baton.baton.processes["ingest"].port, baton.baton.signed)
        suffered: list[Suffered] = []
        coming = takewhile(
            lambda one: one.person < plan.people or len(suffered) < len(plan.faults),
            webhooks(plan.rate, plan.seed),
        )
        sending = asyncio.create_task(sender.send(coming))
        for fault in plan.faults:
            suffered.append(await suffer(fault, baton, lambda one, at: _watch(one, at, baton, sender)))
        await sending
        await _rest(baton)
        said = await baton.books.said()
        found = look(baton.books.read, said, sender.acknowledged, datetime.now(UTC), [baton.books.agreement])
    return _judged(plan, found, sender, suffered)


def _judged(plan: Plan, found: Findings, sender: Sender, suffered: list[Suffered]) -> Played:
    return Played(
        plan=plan,
        broken=[*breaches(found), *_more(found, sender, suffered)],
        recovered=recoveries(suffered, sender.sent.values(), found.said),
        deliveries=len(sender.sent),
        refusals=dict(Counter(what for _, what in sender.refused)),
        said=dict(sorted(Counter(event.event.TYPE for event in found.said).items())),
    )


def _more(found: Findings, sender: Sender, suffered: list[Suffered]) -> Iterator[Breach]:
    yield from laws.a_lead_a_person(sender.sent.values(), found.said)
    yield from laws.conserved(found)
    yield from laws.nothing_parked(found)
    yield from laws.every_clock_was_tried(found)
    yield from laws.acknowledged_without_kafka(suffered)
    yield from laws.refused_without_postgres(suffered)
    yield from laws.polite(sender)


async def _watch(fault: Fault, began_at: datetime, baton: Place, sender: Sender) -> dict[str, float]:
    """What is to be seen after a server has been gone for a while."""
    if fault.how != "gone":
        return {}
    seen = sender.seen_since(began_at + SINCE)
    if fault.whom == "kafka":
        metrics = await asyncio.to_thread(baton.baton.call, "ingest", "GET", "/metrics")
        oldest_s = figure(metrics, "baton_outbox_oldest_seconds")
        return {**seen, "oldest in the outbox, s": round(oldest_s, 1)}
    return seen


async def _rest(baton: Place) -> None:
    """Wait until nothing is left to do, twice in a row, and the ledger has read past it."""
    quiet, ends_s = 0, asyncio.get_running_loop().time() + HEALS_S
    while quiet < 2:
        assert asyncio.get_running_loop().time() < ends_s, (
            f"it does not come to rest: {baton.books.waiting()}"
        )
        await asyncio.sleep(0.5)
        quiet = quiet + 1 if await baton.is_quiet() else 0
    await asyncio.sleep(2 * AUDIT_GRACE_S)
