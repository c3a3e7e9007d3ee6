"""Who is paused is given nothing new, receipts say why, and resuming gives out what waits."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.routing.domain.people.pause import Kind
from services.routing.handlers import decisions, pauses, roster
from services.routing.handlers.pauses import Word
from shared.contracts.routing import HandoffOffered, LeadAssigned
from shared.effects import CommandRefused
from shared.testing.leads import lead_id
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at

SAM = "sam@acme.example"
WORDS = f"paused because she is in court, by {SAM}"
QUEUE = "queue of inside"
OVERFLOWS = AGREEMENT.replace("queue_within: 30m", "nobody_available: overflow:enterprise", 1)

REST = "{name: rest, to: {team: inside}}"
ELSE = AGREEMENT.replace(REST, "{name: rest, to: {team: inside, else: {team: enterprise}}}")


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


async def pause(place: RoutingPlace, kind: Kind, name: str) -> None:
    # Whatever else would look into the queue does so before.
    await place.pass_time(timedelta(0))
    await place.tx(lambda tx: pauses.pause(tx, Word(kind, name, SAM, "she is in court")))


async def resume(place: RoutingPlace, kind: Kind, name: str) -> None:
    await place.tx(lambda tx: pauses.resume(tx, Word(kind, name, SAM, "she is back")))
    await place.pass_time(timedelta(0))


async def why_not(place: RoutingPlace, lead: str = "ana") -> dict[str, str]:
    receipt = (await place.state(lead)).receipt
    assert receipt is not None
    return {one.person.partition("@")[0]: one.why_not for one in receipt.candidates}


async def same(place: RoutingPlace, lead: str = "ana", number: int = 1) -> list[str]:
    name = decisions.name_of(lead_id(lead), number)
    return (await place.service.read(lambda tx: decisions.replay(tx, name, {}))).differs


async def test_who_is_paused_is_given_nothing_and_receipts_say_by_whom_and_why(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await pause(place, "rep", at_acme("bob"))
    await place.offered("a", "b", "c")
    assert [await place.holder(lead) for lead in ("a", "b", "c")] == ["cy"] * 3
    assert (await why_not(place, "a"))["bob"] == WORDS


async def test_what_comes_to_a_paused_team_waits_with_its_deputy_until_it_is_resumed(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await pause(place, "team", "inside")
    await place.offered("ana")
    assert await place.holder() == QUEUE
    assert (await place.said(LeadAssigned))[0].owner.answers == at_acme("dora")
    assert await why_not(place) == {"bob": f"inside is {WORDS}"}
    await resume(place, "team", "inside")
    assert await place.holder() == "bob"
    assert [await same(place, number=number) for number in (1, 2)] == [[], []], "also while it was paused"


@pytest.mark.parametrize("agreement", [OVERFLOWS, ELSE])
async def test_a_paused_team_neither_overflows_nor_sends_elsewhere(database_url: str, agreement: str) -> None:
    with routing_at(database_url, agreement=agreement) as place:
        await place.team("inside", "bob")
        await place.team("enterprise", "eve")
        await pause(place, "team", "inside")
        await place.offered("ana")
        assert await place.holder() == QUEUE


async def test_nobody_is_given_a_lead_anyway_while_they_are_paused(database_url: str) -> None:
    anyway = AGREEMENT.replace("queue_within: 30m", "nobody_available: assign_anyway", 1)
    with routing_at(database_url, agreement=anyway) as place:
        await place.team("inside", "bob")
        await pause(place, "rep", at_acme("bob"))
        await place.offered("ana")
        assert await place.holder() == QUEUE


async def test_who_is_resumed_is_given_what_waits(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await pause(place, "rep", at_acme("bob"))
    await place.offered("ana")
    assert await place.holder() == QUEUE
    await resume(place, "rep", at_acme("bob"))
    assert await place.holder() == "bob"


async def test_who_is_paused_keeps_what_they_have_and_a_roster_that_is_read_again_resumes_nobody(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await pause(place, "rep", at_acme("bob"))
    await place.team("inside", "bob=3")
    await place.offered("ben")
    assert [await place.holder(), await place.holder("ben")] == ["bob", QUEUE]


async def test_a_lead_by_name_goes_on_by_the_rules_while_its_person_is_paused(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    owner = await place.holder()
    await pause(place, "rep", at_acme(owner))
    await place.do("reject", owner, reason="wrong-team", note="", duplicate_of=None)
    assert await place.holder() == ("cy" if owner == "bob" else "bob")


async def test_a_turn_taken_keeps_the_pause_of_its_team(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await pause(place, "team", "inside")
    await place.do("reject", "bob", reason="wrong-team", note="", duplicate_of=None)
    await place.offered("ben")
    assert await place.holder("ben") == QUEUE


async def test_every_pause_is_kept_with_who_and_why(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await pause(place, "rep", at_acme("bob"))
    [now] = await place.service.read(pauses.all_pauses)
    assert (now.by, now.because, now.until) == (SAM, "she is in court", None)
    await place.pass_time(timedelta(hours=1))
    await resume(place, "rep", at_acme("bob"))
    assert await place.service.read(pauses.all_pauses) == []
    [past] = await place.service.read(lambda tx: pauses.all_pauses(tx, is_open=False))
    assert (past.until, past.resumed_by, past.resumed_because) == (place.clock.at, SAM, "she is back")


async def test_leaving_ends_a_pause_and_who_is_hired_again_is_given_leads(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await pause(place, "rep", at_acme("bob"))
    await place.tx(lambda tx: roster.leave(tx, at_acme("bob"), SAM))
    assert await place.service.read(pauses.all_pauses) == []
    [past] = await place.service.read(lambda tx: pauses.all_pauses(tx, is_open=False))
    assert (past.until, past.resumed_by, past.resumed_because) == (place.clock.at, SAM, "they have left")
    await place.team("inside", "bob")
    await place.offered("ana")
    assert await place.holder() == "bob"


async def test_a_strange_name_and_a_second_pause_are_refused_in_words(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    with pytest.raises(CommandRefused, match="knows no team 'insde'"):
        await pause(place, "team", "insde")
    with pytest.raises(CommandRefused, match=r"did you mean 'bob@acme\.example'"):
        await pause(place, "rep", at_acme("bop"))
    with pytest.raises(CommandRefused, match="is not paused"):
        await resume(place, "team", "inside")
    await pause(place, "team", "inside")
    with pytest.raises(CommandRefused, match="resume first"):
        await pause(place, "team", "inside")


async def test_a_hand_off_to_a_paused_team_goes_to_no_other_but_to_its_lead(database_url: str) -> None:
    agreed = AGREEMENT.replace("{team: executives}}]", "{team: executives, else: {team: enterprise}}}]")
    with routing_at(database_url, agreement=agreed) as place:
        await place.team("inside", "bob")
        await place.team("executives", "al")
        await place.team("enterprise", "eve")
        await place.offered("ana")
        await place.do("accept", "bob")
        await pause(place, "team", "executives")
        await place.do("qualify", "bob", answers={"need": "a new line", "timeline": "spring"})
        [offered] = await place.said(HandoffOffered)
        assert offered.to == at_acme("alba")
        assert await same(place, number=2) == []
