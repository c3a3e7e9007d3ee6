"""Two routing processes under a flood of offers: caps, days, turns and leads are kept as by one."""

import asyncio
import random
from collections import Counter
from fractions import Fraction
from multiprocessing.connection import Connection as Line

import pytest

from services.routing.app import create_service
from services.routing.settings import Settings
from services.routing.store.bench import read_turns
from services.routing.store.leads import lead_states
from services.routing.store.turns import newest_of
from shared.agreement import load_text
from shared.bus.sqlite import SqliteBus
from shared.contracts.envelope import decode_envelope
from shared.contracts.routing import LeadAssigned
from shared.db.database import Database
from shared.runtime import metrics
from shared.runtime.clock import StillClock
from shared.runtime.consume import consume_once
from shared.runtime.service import OneAgreement
from shared.testing.buses import say
from shared.testing.leads import NOON, lead_id
from tests.service.processes import children, go, wait_to_go
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, qualified, routing_at

pytestmark = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
REPS = ("bob", "cy", "di", "ed", "flo")
CAP = 3
LARGE = {"ana": 1, "bea": 2, "cleo": 4}
PER_DAY = 2
BY_DAY = AGREEMENT.replace("at_most: {open: 3}", f"at_most: {{per_day: {PER_DAY}}}")
FEW_MAX = 12
LEADS = 140


def route(line: Line, url: str, seed: int, agreement: str) -> None:
    """One routing process. It hears every offer, in an order and in batches of its own."""
    asyncio.run(_route(line, url, random.Random(seed), agreement))


async def _route(line: Line, url: str, dice: random.Random, agreement: str) -> None:
    bus, database = SqliteBus(":memory:"), Database(url)
    service = create_service(
        Settings(),
        bus=bus,
        clock=StillClock(NOON),
        agreements=OneAgreement(load_text(agreement)),
        database=database,
    )
    offers = [(f"{segment}-{n}", segment) for n in range(LEADS) for segment in ("other", "enterprise")]
    dice.shuffle(offers)
    for lead, segment in offers:
        await say(bus, qualified(segment=segment), lead_id(lead), id=f"offer/{lead}", at=NOON)
    consumer = await bus.subscribe(service.hears, service.name)
    wait_to_go(line)
    while await consume_once(service, consumer, max_records=dice.randint(1, FEW_MAX), timeout_s=0):
        pass
    line.send(metrics.handled.labels(service.name)._value.get())
    await consumer.close()
    await bus.close()
    database.close()


async def owners(place: RoutingPlace, segment: str) -> Counter[str]:
    """How many leads of a segment each holder has."""
    leads = [lead_id(f"{segment}-{n}") for n in range(LEADS)]
    states = await place.service.read(lambda tx: lead_states.read(tx.conn, leads))
    holders = [state.custody.holder for state in states.values()]
    return Counter(holder.name for holder in holders if holder is not None)


async def said(place: RoutingPlace) -> Counter[tuple[str, str]]:
    """How often each kind of event about each lead waits in the outbox."""
    rows = await place.tx(lambda tx: tx.conn.execute(place.service.messaging.outbox.select()).all())
    assert len({row.event_id for row in rows}) == len(rows)
    envelopes = [decode_envelope(row.value) for row in rows]
    return Counter((envelope.subject, envelope.type) for envelope in envelopes)


async def test_two_processes_route_a_flood_as_one_would(database_url: str) -> None:
    with routing_at(database_url) as place:
        await place.team("inside", *REPS)
        await place.team("enterprise", *(f"{rep}={weight}" for rep, weight in LARGE.items()))
        with children(route, (database_url, 1, AGREEMENT), (database_url, 2, AGREEMENT)) as both:
            go(both)
            shares = [child.told() for child in both]
        assert min(shares) > 0
        assert sum(shares) == 2 * LEADS, "both heard of every lead, and one took it"
        capped, turns = await owners(place, "other"), await owners(place, "enterprise")
        assert capped == {**{at_acme(rep): CAP for rep in REPS}, "inside": LEADS - CAP * len(REPS)}
        assert turns == {at_acme(rep): LEADS // 7 * weight for rep, weight in LARGE.items()}
        turns = await place.service.read(lambda tx: read_turns(tx.conn, "enterprise"))
        assert set(turns.owed.parts.values()) == {0}
        assigned = {key: n for key, n in (await said(place)).items() if key[1] == LeadAssigned.name()}
        assert len(assigned) == 2 * LEADS
        assert set(assigned.values()) == {1}


async def ledger(place: RoutingPlace, team: str) -> list[str]:
    """Who was given the leads of a team by turn, in the order in which they were."""
    newest = await place.service.read(lambda tx: newest_of(tx.conn, team, 10 * LEADS))
    return [entry.person.partition("@")[0] for entry in reversed(newest) if entry.kind == "turn"]


async def test_two_processes_keep_the_bound_at_every_prefix_and_give_nobody_more_in_a_day(
    database_url: str,
) -> None:
    with routing_at(database_url, agreement=BY_DAY) as place:
        await place.team("inside", *REPS)
        await place.team("enterprise", *(f"{rep}={weight}" for rep, weight in LARGE.items()))
        with children(route, (database_url, 3, BY_DAY), (database_url, 4, BY_DAY)) as both:
            go(both)
            assert min(child.told() for child in both) > 0
        given = Counter[str]()
        for leads, person in enumerate(await ledger(place, "enterprise"), 1):
            given[person] += 1
            for rep, weight in LARGE.items():
                assert abs(given[rep] - Fraction(weight * leads, 7)) < 1
        assert given.total() == LEADS
        assert Counter(await ledger(place, "inside")) == dict.fromkeys(REPS, PER_DAY)
        assert (await owners(place, "other"))["inside"] == LEADS - PER_DAY * len(REPS)
