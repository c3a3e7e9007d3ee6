"""Two ingest processes that are sent the same at once: a delivery is one activity, a person one lead."""

import asyncio
import random
from contextlib import ExitStack
from multiprocessing.connection import Connection as Line

import pytest

from services.ingest.api import Reception
from shared.db.database import Database
from tests.service.ingest_crowd import arrival, crowd_at
from tests.service.processes import children, go, wait_to_go

pytestmark = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
DELIVERIES = 400
PEOPLE = 60


def take_in(line: Line, url: str, seed: int) -> None:
    """One ingest process: every delivery arrives, in an order of its own, and they share commits."""
    with ExitStack() as stack:
        crowd = stack.enter_context(crowd_at(url, 1))
        database = crowd.members[0].service.database = Database(url)
        stack.callback(database.close)
        asyncio.run(_take_in(line, Reception(crowd.members[0].service), random.Random(seed)))


async def _take_in(line: Line, reception: Reception, dice: random.Random) -> None:
    now = reception._service.clock.now()
    arrivals = [arrival(f"{n}", now, email=f"p{n % PEOPLE}@northwind.example") for n in range(DELIVERIES)]
    dice.shuffle(arrivals)
    wait_to_go(line)
    receipts = await asyncio.gather(*(reception.take_in(each) for each in arrivals))
    line.send({each.delivery: receipt.lead for each, receipt in zip(arrivals, receipts, strict=True)})


def test_two_processes_that_are_sent_the_same_make_each_person_one_lead(database_url: str) -> None:
    with crowd_at(database_url, 1) as crowd:
        with children(take_in, (database_url, 1), (database_url, 2)) as both:
            go(both)
            one, other = [child.told() for child in both]
        assert one == other, "whichever was asked, a delivery belongs to the same lead"
        books = crowd.books()
        books.check()
        assert len(books.deliveries) == DELIVERIES
        assert len(books.leads) == len(set(one.values())) == PEOPLE
