"""Several routing processes on one PostgreSQL: caps, turns and leavers hold whatever happens at once."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from services.routing import handlers
from services.routing.app import create_service
from services.routing.domain.model import GivingUp, RoutedLead
from services.routing.domain.steps.act import Actor
from services.routing.handlers import commands, roster
from services.routing.handlers.commands import Command
from services.routing.settings import Settings
from services.routing.store.bench import read_turns
from services.routing.store.leads import lead_states
from shared.db.database import Database
from shared.effects import CommandRefused
from shared.runtime.clock import StillClock
from shared.runtime.service import Service
from shared.runtime.timers import fire_once
from shared.runtime.tx import Tx
from shared.terms import LeadId
from shared.testing.leads import NOON, heard, lead_id
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, qualified, routing_at

pytestmark = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
WORKERS = 6
REPS = ("bob", "cy", "di", "ed", "flo")


class Worker:
    """One routing process: its own connections, its own bad luck at every seam."""

    def __init__(self, place: RoutingPlace, number: int) -> None:
        dice = random.Random(number)
        pause: Callable[[str], None] = lambda _: time.sleep(dice.random() / 200)  # noqa: E731
        self.dice, self.clock = dice, StillClock(NOON)
        self.database = Database(place.service.database.url, inline=True, seam=pause)
        self.service: Service = create_service(
            Settings(),
            bus=place.service.bus,
            clock=self.clock,
            agreements=place.service.agreements,
            database=self.database,
        )

    def tx(self, work: Callable[[Tx], Any]) -> Any:
        return asyncio.run(self.service.tx(work))

    def take(self, *leads: str) -> None:
        events = [heard(qualified(segment="other"), lead, id=f"offer/{lead}") for lead in leads]
        self.tx(lambda tx: handlers.on_events(tx, events))

    def act(self, verb: str, lead: str, *content: Any) -> None:
        """A rep, or a manager in their place, does something; too late is no mistake here."""
        command = Command(lead_id(lead), Actor(at_acme("manager"), manager=True))
        with suppress(CommandRefused):
            self.tx(lambda tx: getattr(commands, verb)(tx, command, *content))


def all_at_once(place: RoutingPlace, work: Callable[[Worker], None]) -> list[Worker]:
    """Each worker does its work, in a thread of its own."""
    workers = [Worker(place, number) for number in range(WORKERS)]
    try:
        with ThreadPoolExecutor(WORKERS) as threads:
            for done in [threads.submit(work, worker) for worker in workers]:
                done.result()
    finally:
        for worker in workers:
            worker.database.close()
    return workers


async def states_of(place: RoutingPlace, leads: list[str]) -> dict[LeadId, RoutedLead]:
    ids = [lead_id(lead) for lead in leads]
    return await place.service.read(lambda tx: lead_states.read(tx.conn, ids))


def held_by(states: dict[LeadId, RoutedLead]) -> Counter[str]:
    """How many leads each has, a queue by its team."""
    holders = (state.custody.holder for state in states.values() if state.holding)
    return Counter(holder.name for holder in holders if holder is not None)


async def test_no_cap_is_exceeded_and_nobody_idle_while_others_wait(database_url: str) -> None:
    with routing_at(database_url) as place:
        await place.team("inside", *REPS)
        leads = [f"lead-{n}" for n in range(36)]

        def work(worker: Worker) -> None:
            for lead in worker.dice.sample(leads, 18):
                worker.take(lead)

        all_at_once(place, work)
        counted = held_by(await states_of(place, leads))
        assert {counted[at_acme(rep)] for rep in REPS} == {3}
        taken = len(await states_of(place, leads))
        assert counted["inside"] == taken - 15


async def test_the_cap_counts_what_a_rep_has_from_all_their_teams(database_url: str) -> None:
    capped = AGREEMENT.replace("deputy: [eva@acme.example]", "deputy: [eva@acme.example], at_most: {open: 3}")
    with routing_at(database_url, agreement=capped) as place:
        await place.team("inside; enterprise", *REPS)
        numbers = iter(range(WORKERS))

        def work(worker: Worker) -> None:
            number = next(numbers)
            segment = "enterprise" if number % 2 else "other"
            for n in range(12):
                event = heard(qualified(segment=segment), f"lead-{number}-{n}", id=f"offer/{number}/{n}")
                worker.tx(partial(handlers.on_events, events=[event]))

        all_at_once(place, work)
        leads = [f"lead-{number}-{n}" for number in range(WORKERS) for n in range(12)]
        counted = held_by(await states_of(place, leads))
        assert {counted[at_acme(rep)] for rep in REPS} == {3}


async def test_turns_are_as_fair_as_one_by_one(database_url: str) -> None:
    with routing_at(database_url) as place:
        await place.team("enterprise", "bob=1", "cy=2", "di=4")
        leads = [f"lead-{n}" for n in range(70)]

        def work(worker: Worker, leads: list[str]) -> None:
            events = [heard(qualified(segment="enterprise"), lead, id=f"offer/{lead}") for lead in leads]
            for event in events:
                worker.tx(partial(handlers.on_events, events=[event]))

        shares = iter([leads[n::WORKERS] for n in range(WORKERS)])
        all_at_once(place, lambda worker: work(worker, next(shares)))
        counted = held_by(await states_of(place, leads))
        assert [counted[at_acme(rep)] for rep in ("bob", "cy", "di")] == [10, 20, 40]
        turns = await place.service.read(lambda tx: read_turns(tx.conn, "enterprise"))
        assert set(turns.owed.parts.values()) == {0}


async def test_who_leaves_while_leads_are_given_out_is_left_with_nothing(database_url: str) -> None:
    with routing_at(database_url) as place:
        await place.team("enterprise", *REPS)
        leads = [f"lead-{n}" for n in range(60)]
        numbers = iter(range(WORKERS))

        def work(worker: Worker) -> None:
            number = next(numbers)
            if number == 0:
                for rep in ("bob", "cy"):
                    worker.tx(lambda tx, rep=rep: roster.leave(tx, at_acme(rep)))
                return
            for lead in leads[number - 1 :: WORKERS - 1]:
                event = heard(qualified(segment="enterprise"), lead, id=f"offer/{lead}")
                worker.tx(lambda tx, event=event: handlers.on_events(tx, [event]))

        all_at_once(place, work)
        counted = held_by(await states_of(place, leads))
        assert counted.keys() <= {at_acme(rep) for rep in ("di", "ed", "flo")}
        assert counted.total() == 60


async def test_events_commands_and_timers_mixed_keep_every_promise(database_url: str) -> None:
    with routing_at(database_url) as place:
        await place.team("inside", *REPS)
        leads = [f"lead-{n}" for n in range(20)]

        def work(worker: Worker) -> None:
            for _ in range(40):
                lead = worker.dice.choice(leads)
                match worker.dice.randrange(5):
                    case 0 | 1:
                        worker.take(lead)
                    case 2:
                        worker.act("reject", lead, "wrong-team", "", None)
                    case 3:
                        worker.act("accept", lead)
                        worker.act("disqualify", lead, GivingUp("no-need"))
                    case _:
                        worker.clock.advance(timedelta(minutes=worker.dice.randrange(60)))
                        asyncio.run(fire_once(worker.service))

        all_at_once(place, work)
        states = await states_of(place, leads)
        counted = held_by(states)
        assert all(counted[at_acme(rep)] <= 3 for rep in REPS)
        outbox, timers = place.service.messaging.outbox, place.service.messaging.timers
        rows = await place.tx(lambda tx: tx.conn.execute(outbox.select()).all())
        assert len({row.event_id for row in rows}) == len(rows)
        waiting = await place.tx(lambda tx: tx.conn.execute(timers.select()).all())
        assert {(row.lead_id, row.purpose, row.due_at) for row in waiting if row.purpose != "drain"} == {
            (lead, purpose, due_at)
            for lead, state in states.items()
            for purpose, due_at in state.waits.items()
        }


async def test_who_goes_away_while_leads_are_given_out_is_left_with_nothing(database_url: str) -> None:
    with routing_at(database_url) as place:
        await place.team("enterprise", *REPS)
        leads = [f"lead-{n}" for n in range(60)]
        numbers = iter(range(WORKERS))
        away = f"{NOON + timedelta(minutes=1):%Y-%m-%dT%H:%M}/{NOON + timedelta(hours=3):%Y-%m-%dT%H:%M}"
        covered = {"zone": "UTC", "absences": away, "cover": at_acme("di"), "cover_takes_over": True}
        await place.team("enterprise", "bob", "cy", **covered)

        def work(worker: Worker) -> None:
            number = next(numbers)
            if number == 0:
                worker.clock.advance(timedelta(minutes=1))
                asyncio.run(fire_once(worker.service))
                return
            for lead in leads[number - 1 :: WORKERS - 1]:
                event = heard(qualified(segment="enterprise"), lead, id=f"offer/{lead}")
                worker.tx(lambda tx, event=event: handlers.on_events(tx, [event]))

        all_at_once(place, work)
        assert held_by(await states_of(place, leads)).total() == 60
        await place.pass_time(timedelta(minutes=2))
        counted = held_by(await states_of(place, leads))
        assert (counted.keys() <= {at_acme(rep) for rep in ("di", "ed", "flo")}, counted.total()) == (
            True,
            60,
        )
