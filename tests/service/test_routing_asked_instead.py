"""An open hand-off whose executive or SDR goes away: somebody is asked, nobody is blamed, all is said."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.routing.domain.model import GivingUp
from services.routing.handlers import decisions, fairness, roster
from shared.contracts.ingest import LeadMerged
from shared.contracts.routing import HandoffOffered, HandoffRefused, LeadAssigned
from shared.terms import Stage
from shared.testing.leads import NOON, lead_id
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at

ANSWERS = {"need": "a new line", "timeline": "spring"}
HOUR = timedelta(hours=1)
SICK = "2026-11-02T13:00/2026-11-20T18:00 sick"
HAND_OFF = "  hand_off: {at: sql, rules: [{to: {team: executives}}], accept_within: 24h}\n"
WORKING = AGREEMENT.replace(
    "accept_within: 4h\n      touch", "accept_within: 4h\n      clock: working\n      touch"
)


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url, agreement=WORKING) as place:
        yield place


async def asked(place: RoutingPlace, *executives: str) -> tuple[str, str]:
    """Bob, an SDR, has qualified Ana. Returns who is asked to take her over, and who is not."""
    await place.team("inside", "bob")
    if executives:
        await place.team("executives", *executives)
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("qualify", "bob", answers=ANSWERS)
    to = await whom(place)
    return to, next((name for name in executives if name != to), "")


async def whom(place: RoutingPlace) -> str:
    offer = (await place.state()).handoff
    return "" if offer is None else offer.to.removesuffix("@acme.example")


async def turns(place: RoutingPlace) -> dict[str, int]:
    found = await place.service.read(lambda tx: fairness.fairness_of(tx, "executives"))
    return {one.person.removesuffix("@acme.example"): one.turns for one in found.members}


async def credits(place: RoutingPlace, person: str) -> list[str]:
    """Why turns were given back to them."""
    found = await place.service.read(lambda tx: fairness.fairness_of(tx, "executives"))
    return [line.reason for line in found.newest if (line.person, line.kind) == (at_acme(person), "credit")]


async def falls_sick(place: RoutingPlace, person: str, team: str = "executives", **more: str) -> None:
    await place.team(team, person, zone="UTC", absences=SICK, **more)
    await place.pass_time(HOUR)


async def leaves(place: RoutingPlace, person: str) -> None:
    await place.tx(lambda tx: roster.leave(tx, at_acme(person)))
    await place.turn()


async def replays(place: RoutingPlace) -> list[str]:
    name = decisions.name_of(lead_id("ana"), (await place.state()).receipts)
    return (await place.service.read(lambda tx: decisions.replay(tx, name, {}, None))).differs


async def test_an_executive_who_falls_sick_is_asked_no_more_but_a_colleague_is(place: RoutingPlace) -> None:
    first, other = await asked(place, "al", "ann")
    await falls_sick(place, first)
    state = await place.state()
    assert (await whom(place), state.handoff_refusals, state.declined) == (other, 0, {})
    [refused] = await place.said(HandoffRefused)
    assert (refused.by, refused.reason, refused.answers) == (at_acme(first), "is absent", at_acme("bob"))
    assert (await place.said(HandoffOffered))[-1].due_at == place.clock.now() + 24 * HOUR
    assert await turns(place) == {first: 0, other: 1}
    assert await replays(place) == []
    await place.do("refuse_handoff", other, reason="too small")
    assert await place.holder() == "bob"


async def test_whoever_is_asked_instead_is_owed_nothing_for_a_turn_that_did_not_count(
    place: RoutingPlace,
) -> None:
    first, _ = await asked(place, "al", "ann", "abe")
    await falls_sick(place, first)
    offer = (await place.state()).handoff
    assert offer is not None
    others = {
        at_acme(name) for name in ("al", "ann", "abe") if name != first
    }  # Each of them half of this one.
    assert offer.receipt.turn == dict.fromkeys(others, "1/2")
    assert await replays(place) == []


async def test_who_covers_for_an_executive_who_is_away_is_asked(place: RoutingPlace) -> None:
    await place.team("enterprise", "eve")
    first, _ = await asked(place, "al", "ann")
    await falls_sick(place, first, cover=at_acme("eve"))
    assert await whom(place) == "eve"
    assert await replays(place) == []
    await place.do("accept_handoff", "eve")
    assert (await place.holder(), (await place.state()).team) == ("eve", "executives")


async def test_who_was_asked_in_the_moment_in_which_they_went_is_asked_no_more(place: RoutingPlace) -> None:
    await place.team("executives", "al", zone="UTC", absences=SICK)
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.pass_time(HOUR)
    place.clock.at -= timedelta(seconds=1)  # By the clock of another process they are still there.
    await place.do("qualify", "bob", answers=ANSWERS)
    assert await whom(place) == "al"
    await place.pass_time(timedelta(minutes=2))
    assert await whom(place) == "alba"


async def test_if_nobody_else_can_be_asked_the_offer_stays(place: RoutingPlace) -> None:
    await asked(place)
    await falls_sick(place, "alba", "enterprise")
    assert (await whom(place), await place.said(HandoffRefused)) == ("alba", [])


async def test_an_executive_who_leaves_has_refused_nothing(place: RoutingPlace) -> None:
    first, other = await asked(place, "al", "ann")
    await leaves(place, first)
    assert (await whom(place), (await place.state()).handoff_refusals) == (other, 0)
    assert [refused.reason for refused in await place.said(HandoffRefused)] == ["has left"]
    assert await replays(place) == []


async def test_the_offer_stays_open_while_the_sdr_is_away(place: RoutingPlace) -> None:
    await place.team("enterprise", "cy")
    first, _ = await asked(place, "al", "ann")
    await falls_sick(place, "bob", "inside", cover=at_acme("cy"), cover_takes_over="true")
    assert (await place.holder(), await whom(place)) == ("bob", first)
    await place.do("accept_handoff", first)
    assert await place.holder() == first


async def test_what_comes_back_to_an_sdr_who_is_away_goes_to_their_cover(place: RoutingPlace) -> None:
    await place.team("enterprise", "cy")
    first, _ = await asked(place, "al")
    await falls_sick(place, "bob", "inside", cover=at_acme("cy"), cover_takes_over="true")
    await place.do("refuse_handoff", first, reason="too small")
    [refused] = await place.said(HandoffRefused)
    assert (refused.answers, await place.holder()) == (at_acme("cy"), "cy")
    assert ((await place.said(LeadAssigned))[-1].why, (await place.state()).stage) == ("covered", Stage.SQL)
    assert await replays(place) == []


async def test_an_sdr_who_leaves_ends_the_offer_and_that_is_said(place: RoutingPlace) -> None:
    first, _ = await asked(place, "al")
    await leaves(place, "bob")
    [refused] = await place.said(HandoffRefused)
    said = (refused.by, refused.reason, refused.answers)
    assert said == (at_acme(first), "bob@acme.example has the lead no more", at_acme("dora"))
    assert (await whom(place), await turns(place)) == ("", {first: 0})


async def test_an_sdr_who_gives_the_lead_up_ends_the_offer_and_that_is_said(place: RoutingPlace) -> None:
    first, _ = await asked(place, "al")
    await place.do("disqualify", "bob", why=GivingUp("no-need"))
    [refused] = await place.said(HandoffRefused)
    said = (refused.by, refused.reason, refused.answers)
    assert said == (at_acme(first), "bob@acme.example has the lead no more", at_acme("bob"))
    assert await turns(place) == {first: 0}


async def test_an_sdr_who_closes_the_lead_ends_the_offer_and_that_is_said(place: RoutingPlace) -> None:
    first, _ = await asked(place, "al")
    await place.do("disqualify", "bob", why=GivingUp("spam"))
    [refused] = await place.said(HandoffRefused)
    assert (refused.by, refused.reason) == (at_acme(first), "bob@acme.example has the lead no more")
    assert await turns(place) == {first: 0}


async def test_a_deal_that_is_won_meanwhile_ends_the_offer_and_that_is_said(place: RoutingPlace) -> None:
    first, _ = await asked(place, "al")
    await place.do("win", "bob", value=None, currency=None)
    [refused] = await place.said(HandoffRefused)
    assert (refused.by, refused.reason) == (at_acme(first), "bob@acme.example has the lead no more")
    assert await turns(place) == {first: 0}


async def test_a_lead_that_goes_on_as_another_one_takes_no_turn_of_who_is_asked(place: RoutingPlace) -> None:
    first, _ = await asked(place, "al")
    await place.say(LeadMerged(survivor=lead_id("anna")))
    await place.turn()
    assert await turns(place) == {first: 0}


async def test_where_no_hand_off_is_agreed_any_more_the_sdr_has_it_again(database_url: str) -> None:
    without = AGREEMENT.replace("version: 1", "version: 2").replace(HAND_OFF, "")
    with routing_at(database_url, then=(NOON + HOUR / 2, without)) as place:
        first, _ = await asked(place, "al", "ann")
        await falls_sick(place, first)
        [refused] = await place.said(HandoffRefused)
        said = (refused.by, refused.reason, refused.answers)
        assert said == (at_acme(first), "is absent", at_acme("bob"))
        state = await place.state()
        assert (await whom(place), [clock.name for clock in state.clocks]) == ("", ["touch"])
        assert await credits(place, first) == ["is absent"]
