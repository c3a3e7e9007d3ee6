"""Reps are told: by a signed webhook, once, in a few lines; if they cannot be, somebody else is."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest

from services.routing.app import create_service
from services.routing.settings import Settings
from shared.baton import Holder
from shared.contracts.envelope import Event
from shared.contracts.ingest import LeadErased, LeadMerged, LeadUpdated
from shared.contracts.routing import LeadAbsorbed, LeadWon
from shared.contracts.values import Person
from shared.runtime.errands import claim_errands, errands_once
from shared.runtime.outgoing import Outgoing
from shared.runtime.service import Answer, DueErrand
from shared.terms import LeadId, Stage
from shared.testing.leads import lead_id
from tests.service.routing_place import RoutingPlace, at_acme, qualified, routing_at

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


class Receiver:
    """A small HTTP server on the loopback, as a rep's own tool would be."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.status = "200 OK"
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.received.append((headers, json.loads(body)))
        writer.write(f"HTTP/1.1 {self.status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    yield receiver
    server.close()
    await server.wait_closed()


async def told(place: RoutingPlace) -> list[tuple[str, str]]:
    """What waits to be told: the action, and to whom."""
    errands = await claim_errands(place.service)
    return [(errand.action, str(errand.body["person"]).removesuffix("@acme.example")) for errand in errands]


async def with_rep(place: RoutingPlace, url: str = "http://127.0.0.1:9/hook") -> None:
    await place.team("inside", "bob", notify=url)
    await place.offered("ana")


async def test_a_rep_is_told_the_story_over_a_signed_webhook(place: RoutingPlace, receiver: Receiver) -> None:
    await with_rep(place, receiver.url)
    old = place.service
    outgoing = Outgoing(old.clock, allow_private=True)
    service = create_service(
        Settings(notify_secret=SECRET),
        bus=old.bus,
        clock=old.clock,
        agreements=old.agreements,
        database=old.database,
        outgoing=outgoing,
    )
    assert await errands_once(service) == 1
    await outgoing.close()
    [(headers, message)] = receiver.received
    assert headers["webhook-signature"].startswith("v1,")
    assert headers["idempotency-key"].startswith(f"{lead_id('ana')}/2/assigned/")
    assert (message["action"], message["lead"], message["person"]) == (
        "assigned",
        lead_id("ana"),
        at_acme("bob"),
    )
    assert message["deadlines"][0]["name"] == "accept"
    assert message["story"][0].startswith("Ana Silva, Operations Director, Northwind")
    assert "notify" not in message
    assert await errands_once(service) == 0


async def test_a_rep_is_reminded_and_told_of_the_breach_and_the_next_one_of_the_lead(
    place: RoutingPlace,
) -> None:
    await with_rep(place)
    await place.team("inside", "cy", notify="http://127.0.0.1:9/cy")
    await place.pass_time(timedelta(hours=4))
    assert await told(place) == [
        ("assigned", "bob"),
        ("reminded", "bob"),
        ("breached", "bob"),
        ("assigned", "cy"),
    ]


async def test_who_has_no_address_is_not_told(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    assert await told(place) == []


async def test_if_a_rep_cannot_be_told_the_deputy_is(place: RoutingPlace) -> None:
    await with_rep(place)
    await place.team("enterprise", "dora", notify="http://127.0.0.1:9/dora")
    [errand] = await claim_errands(place.service)
    given_up = Answer(False, "410 Gone", final=True)
    await place.tx(lambda tx: place.service.on_answer(tx, errand, given_up))
    [(action, whom)] = await told(place)
    assert (action, whom) == ("undelivered", "dora")


async def test_nobody_else_is_told_if_the_rep_does_not_have_the_lead_any_more(place: RoutingPlace) -> None:
    await with_rep(place)
    await place.team("enterprise", "dora", notify="http://127.0.0.1:9/dora")
    [errand] = await claim_errands(place.service)
    await place.do("reject", "bob", reason="not-a-lead", note="", duplicate_of=None)
    await place.tx(lambda tx: place.service.on_answer(tx, errand, Answer(False, final=True)))
    assert await told(place) == []


async def test_what_was_to_be_told_of_an_erased_lead_is_forgotten_with_it(place: RoutingPlace) -> None:
    await with_rep(place)
    await place.say(LeadErased())
    await place.turn()
    assert await _errands(place) == []
    state = await place.state()
    assert (state.custody.ending, state.snapshot, state.receipt, state.declined) == ("erased", None, None, {})
    await place.offered("ana")
    assert (await place.state()).custody.standing == "ended"


@pytest.mark.parametrize("ending", [LeadWon(by="bob"), LeadMerged(survivor=lead_id("older"))])
async def test_a_lead_that_is_erased_after_its_end_leaves_nothing_to_be_told(
    place: RoutingPlace, ending: Event
) -> None:
    await with_rep(place)
    await place.say(ending, topic="baton.recycle" if isinstance(ending, LeadWon) else None)
    await place.turn()
    assert await _errands(place) != []
    await place.say(LeadErased())
    await place.turn()
    assert await _errands(place) == []


async def test_a_lead_that_is_erased_as_it_comes_is_told_to_nobody(place: RoutingPlace) -> None:
    await place.team("inside", "bob", notify="http://127.0.0.1:9/hook")
    await place.say(qualified())
    await place.say(LeadErased(), topic="baton.scoring")  # Behind it, in the same batch.
    await place.turn()
    assert (await place.state()).custody.ending == "erased"
    assert await _errands(place) == []


async def test_nothing_said_later_brings_the_person_of_an_erased_lead_back(place: RoutingPlace) -> None:
    await with_rep(place)
    await place.say(LeadErased())
    await place.say(LeadUpdated(person=Person(name="Ana Silva")))
    await place.turn()
    assert (await place.state()).newest is None


async def test_a_lead_that_routing_never_had_may_be_erased_before_it_comes(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.say(LeadErased())
    await place.turn()
    await place.offered("ana")
    assert (await place.state()).custody.standing == "ended"


async def test_of_a_merged_lead_its_custodian_says_what_became_of_it_and_both_reps_are_told(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob", "cy", notify="http://127.0.0.1:9/hook")
    await place.offered("ana", "anna")
    absorbed_by, kept_by = await place.holder("anna"), await place.holder("ana")
    await place.say(LeadMerged(survivor=lead_id("ana"), proved_by="phone"), "anna")
    await place.turn()
    [absorbed] = await place.said(LeadAbsorbed, "ana")
    assert (absorbed.absorbed, absorbed.number, absorbed.stage) == (lead_id("anna"), 2, Stage.MQL)
    assert sorted((await told(place))[2:]) == sorted([("merged", absorbed_by), ("merged", kept_by)])
    assert (await place.state("ana")).custody.absorbed == (lead_id("anna"),)


async def test_a_waiting_lead_goes_to_the_rep_who_had_the_one_that_it_absorbed(place: RoutingPlace) -> None:
    await place.offered("ana")
    await place.team("enterprise", "bob")
    event = LeadAbsorbed(
        absorbed=LeadId("other"),
        stage=Stage.SAL,
        holder=Holder("rep", at_acme("bob"), at_acme("bob")),
        number=4,
    )
    await place.say(event, topic="baton.recycle")
    await place.turn()
    assert await place.holder() == "bob"


async def _errands(place: RoutingPlace) -> list[DueErrand]:
    return await claim_errands(place.service)
