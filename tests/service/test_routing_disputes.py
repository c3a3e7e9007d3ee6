"""A rep's no that somebody else must decide upon: the arbiter rules, or, a day later, silence does."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.contracts.clocks import DeadlineBreached
from shared.contracts.routing import LeadAssigned, LeadDisqualified, LeadStalled
from shared.effects import CommandRefused
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


async def dispute(place: RoutingPlace, reason: str = "not-per-definition") -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.team("inside", "cy")
    await place.do("reject", "bob", reason=reason, note="a student", duplicate_of=None)


@pytest.mark.parametrize("reason", ["not-per-definition", "duplicate"])
async def test_a_disputed_lead_lies_in_the_teams_queue_and_its_accept_clock_stands_still(
    place: RoutingPlace, reason: str
) -> None:
    await dispute(place, reason)
    last = (await place.said(LeadAssigned))[-1]
    assert (last.why, last.owner.kind, last.owner.answers) == ("disputed", "queue", at_acme("dora"))
    assert [deadline.name for deadline in last.deadlines] == ["dispute"]
    await place.pass_time(timedelta(hours=47))
    assert await place.said(DeadlineBreached) == []


async def test_a_disputed_lead_is_not_given_out_and_nobody_may_accept_it(place: RoutingPlace) -> None:
    await dispute(place)
    await place.team("inside", "di")
    await place.pass_time(timedelta(minutes=1))
    assert await place.holder() == "queue of inside"
    with pytest.raises(CommandRefused, match="the arbiter must rule first"):
        await place.do("accept", "dora")


async def test_marketing_is_right_and_the_rules_give_it_to_somebody_else(place: RoutingPlace) -> None:
    await dispute(place)
    for _ in range(2):
        await place.do("rule", "coo", ruling="marketing", note="students buy")
    assert await place.holder() == "cy"
    assigned = await place.said(LeadAssigned)
    assert [one.why for one in assigned] == ["new", "disputed", "rerouted"]
    assert [(one.by, one.note) for one in assigned[1:]] == [
        (at_acme("bob"), "a student"),
        (at_acme("coo"), "students buy"),
    ]


async def test_sales_is_right_and_it_is_offered_to_nurture(place: RoutingPlace) -> None:
    await dispute(place)
    await place.do("rule", "coo", ruling="sales", note="students do not buy")
    [offered] = await place.said(LeadDisqualified)
    assert (offered.reason, offered.by) == ("not-per-definition", at_acme("coo"))


async def test_silence_gives_it_to_the_deputy_with_a_clock_a_day_after_the_arbiters_time(
    place: RoutingPlace,
) -> None:
    await dispute(place)
    await place.pass_time(timedelta(hours=71, minutes=59))
    assert await place.holder() == "queue of inside"
    [late] = await place.said(DeadlineBreached)
    assert (late.owner, late.deadline.name, late.spent) == (at_acme("coo"), "dispute", {"dispute": 172800})
    await place.pass_time(timedelta(minutes=1))
    last = (await place.said(LeadAssigned))[-1]
    assert (last.why, last.owner.name, last.deadlines[0].name) == ("escalated", at_acme("dora"), "accept")


async def test_a_disputed_lead_does_not_stall_until_somebody_has_it_again(database_url: str) -> None:
    with routing_at(
        database_url, agreement=AGREEMENT.replace("stalled_after: 10d", "stalled_after: 2d")
    ) as place:
        await dispute(place)
        await place.pass_time(timedelta(hours=71))
        assert await place.said(LeadStalled) == []
        await place.pass_time(timedelta(hours=1 + 47))
        assert await place.said(LeadStalled) == []
        await place.pass_time(timedelta(hours=1))
        assert len(await place.said(LeadStalled)) == 1


async def test_there_is_no_ruling_without_a_dispute(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    with pytest.raises(CommandRefused, match="no open dispute"):
        await place.do("rule", "coo", ruling="sales", note="")
