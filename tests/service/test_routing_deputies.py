"""Who answers for a queue when its deputies are away: who covers for one of them, if there is anybody."""

from collections.abc import Iterator

import pytest

from services.routing.handlers import roster
from services.routing.handlers.decisions import name_of, replay
from shared.baton import Holder
from shared.testing.leads import lead_id
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at
from tests.service.test_routing_pace import PACED, held, imported

PTO = "2026-11-01/2026-11-30 pto"
TWO = AGREEMENT.replace("deputy: [dora@acme.example]", "deputy: [dora@acme.example, dan@acme.example]")


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url, agreement=TWO) as place:
        yield place


async def is_away(place: RoutingPlace, person: str, **more: str) -> None:
    await place.team("executives", person, zone="UTC", absences=PTO, **more)


async def answers(place: RoutingPlace) -> str:
    """For a lead that comes now, and that nobody can take."""
    await place.offered("ana")
    state = await place.state()
    again = await place.service.read(lambda tx: replay(tx, name_of(lead_id("ana"), state.receipts), {}))
    assert again.differs == []
    assert state.custody.holder is not None
    return state.custody.holder.answers.removesuffix("@acme.example")


async def test_another_deputy_answers_while_the_first_is_away(place: RoutingPlace) -> None:
    await place.team("executives", "cy")
    await is_away(place, "dora", cover=at_acme("cy"))
    assert await answers(place) == "dan"


async def test_while_all_are_away_who_covers_for_one_of_them_answers(place: RoutingPlace) -> None:
    await place.team("executives", "cy")
    await is_away(place, "dora")
    await is_away(place, "dan", cover=at_acme("cy"))
    assert await answers(place) == "cy"


async def test_while_nobody_covers_the_first_answers(place: RoutingPlace) -> None:
    await place.team("executives", "cy")
    await is_away(place, "cy")
    await is_away(place, "dora", cover=at_acme("cy"))
    await is_away(place, "dan")
    assert await answers(place) == "dora"


async def test_who_covers_and_rejected_the_lead_does_not_answer_for_it(place: RoutingPlace) -> None:
    await place.team("inside", "cy")
    await is_away(place, "dora", cover=at_acme("cy"))
    await is_away(place, "dan")
    assert await answers(place) == "cy"
    await place.do("reject", "cy", reason="wrong-team", note="", duplicate_of=None)
    assert await place.holder() == "queue of inside"
    assert (await place.state()).custody.holder.answers == at_acme("dora")


async def test_what_waits_goes_on_waiting_when_who_answers_for_the_queue_leaves(place: RoutingPlace) -> None:
    await place.team("executives", "cy")
    await is_away(place, "dora", cover=at_acme("cy"))
    await is_away(place, "dan")
    assert await answers(place) == "cy"
    before = await place.state()
    await place.tx(lambda tx: roster.leave(tx, at_acme("cy")))
    state = await place.state()
    assert (state.waiting, state.clocks) == (True, before.clocks)
    assert state.custody.holder == Holder("queue", "inside", at_acme("dora"))


async def test_a_heap_is_not_given_out_at_once_when_who_answers_for_the_queue_leaves(
    database_url: str,
) -> None:
    with routing_at(database_url, agreement=PACED) as place:
        await place.team("inside", "bob", calendar="berlin")
        await place.team("executives", "cy")
        await is_away(place, "dora", cover=at_acme("cy"))
        leads = await imported(place, 3)
        await place.tx(lambda tx: roster.leave(tx, at_acme("cy")))
        assert await held(place, leads) == {"queue of inside": 3}
        assert [(await place.state(lead)).position for lead in leads] == [1, 2, 3]
