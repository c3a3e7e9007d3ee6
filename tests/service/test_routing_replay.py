"""Every decision can be made again as things were then, and says what would have made it another one."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.routing.domain.again.replay import Replayed
from services.routing.domain.steps.reporting import Contact
from services.routing.handlers import decisions, roster
from services.routing.settings import Settings
from shared.contracts.ingest import LeadErased
from shared.contracts.routing import LeadAssigned
from shared.contracts.values import Account
from shared.effects import CommandRefused
from shared.testing.leads import lead_id
from tests.service.routing_place import WITH_CALENDAR, RoutingPlace, at_acme, routing_at

HISTORY = timedelta(days=Settings().history_days)
LARGE = "{name: large, when: {company.employees: {at_least: 1000}}, to: {team: enterprise}}"
BY_SEGMENT = "{name: enterprise, when: {segment: enterprise}, to: {team: enterprise}}"
BY_SIZE = WITH_CALENDAR.replace(BY_SEGMENT, LARGE)
WORKING = BY_SIZE.replace("attempts: {at_least: 2, within: 10d}", "clock: working")


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url, agreement=BY_SIZE) as place:
        yield place


async def replayed(
    place: RoutingPlace, lead: str = "ana", number: int = 1, altered: dict[str, str] | None = None
) -> Replayed:
    name = decisions.name_of(lead_id(lead), number)
    return await place.service.read(lambda tx: decisions.replay(tx, name, {}, altered))


async def test_a_decision_comes_out_the_same_after_everything_has_changed(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy", calendar="lisbon")
    leads = ("ana", "ben", "cem", "dee", "eva", "fil", "gus")
    await place.offered(*leads)
    await place.team("inside", "bob=5", "dan", calendar="lisbon", absences="2026-01-01/2026-12-31 pto")
    await place.tx(lambda tx: roster.leave(tx, at_acme("cy")))
    await place.pass_time(timedelta(days=2))
    for lead in leads:
        for number in range(1, (await place.state(lead)).receipts + 1):
            found = await replayed(place, lead, number)
            assert found.differs == []
            assert found.again == found.kept


async def test_one_that_was_refused_passed_on_or_handed_over_is_the_same_too(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.team("executives", "fay", "gil")
    await place.offered("ana")
    first = await place.holder()
    await place.do("reject", first, reason="wrong-team", note="", duplicate_of=None)
    second = await place.holder()
    await place.do("accept", second)
    await place.do("contact", second, said=Contact("phone"))
    await place.do("qualify", second, answers={"need": "yes", "timeline": "now"})
    made = (await place.state()).receipts
    assert made == 3, "new, rerouted, and offered to an account executive"
    for number in range(1, made + 1):
        assert (await replayed(place, number=number)).differs == []


async def test_a_lead_in_a_queue_says_the_same_of_all_who_could_not_have_it(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await place.offered("a", "b", "c")
    await place.offered("d")
    assert await place.holder("d") == "queue of inside"
    found = await replayed(place, "d")
    assert [one.why_not for one in found.again.receipt.candidates] == ["at cap: 3 of 3 open leads"]
    assert found.differs == []


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("company.employees", "2000", "the rule 'large' was not matched"),
        ("company.employees", "2000", "the team was inside; it is enterprise"),
        ("load.{has}", "3", "the candidate '{has}' was has it; it is at cap: 3 of 3 open leads"),
        ("owed.{other}", "3", "the turn of '{other}' was 0; it is 7/2"),
        ("owed.{other}", "3", "who has it was {has}; it is {other}"),
        ("declined.{has}", "rejected it", "the candidate '{has}' was has it; it is rejected it"),
        (
            "paused.{has}",
            "paused because x, by y",
            "the candidate '{has}' was has it; it is paused because x",
        ),
        ("roster.{has}", "2", "the candidate '{has}' was has it; it is absent until"),
    ],
)
async def test_an_input_that_is_altered_names_the_line_that_differs(
    place: RoutingPlace, name: str, value: str, line: str
) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ben")
    await place.offered("ana")
    has = at_acme(await place.holder())
    other = at_acme("cy" if has == at_acme("bob") else "bob")
    await place.team("inside", "bob", "cy", zone="Europe/Lisbon", absences="2026-01-01/2027-12-31 pto")
    name, line = name.format(has=has, other=other), line.format(has=has, other=other)
    found = await replayed(place, altered={name: value})
    assert any(one.startswith(line) for one in found.differs), found.differs


async def test_a_count_of_the_day_that_is_altered_is_named_too(database_url: str) -> None:
    by_day = BY_SIZE.replace("at_most: {open: 3}", "at_most: {per_day: 2}")
    with routing_at(database_url, agreement=by_day) as place:
        await place.team("inside", "bob")
        await place.offered("ana")
        await place.offered("ben")
        await place.offered("cem")
        assert await place.holder("cem") == "queue of inside"
        assert [(await replayed(place, lead)).differs for lead in ("ben", "cem")] == [[], []]
        found = await replayed(place, "ben", altered={"today.bob@acme.example": "2"})
        assert "it is at cap: 2 of 2 new leads today" in found.differs[0]


async def test_what_was_not_looked_at_is_a_guess_and_said_to_be_one(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.team("enterprise", "eve")
    await place.offered("ana")
    found = await replayed(place, altered={"company.employees": "2000"})
    assert found.again.holder.name == at_acme("eve")
    assert found.guessed == ["what each in enterprise was owed then is not kept with this decision"]


async def test_an_instant_that_can_not_be_read_is_a_word_that_no_rule_knows(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    strange = {"captured.at": "2026-13-01", "activity.at": "noon", "region": "[" * 100_000}
    found = await replayed(place, altered=strange)
    assert found.again.holder == found.kept.holder


async def test_a_strange_input_is_named_with_the_nearest_word(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    with pytest.raises(CommandRefused, match=r"did you mean 'company\.employees'"):
        await replayed(place, altered={"company.employes": "5"})
    with pytest.raises(CommandRefused, match="is a number"):
        await replayed(place, altered={"load.bob@acme.example": "many"})


async def test_what_a_new_member_is_owed_has_its_effect_and_moves_nobody_else(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy", "di")
    await place.offered("ana")
    other = "bob" if await place.holder() != "bob" else "cy"
    assert (await replayed(place)).kept.owed == {"inside": {}}, "it is the team's first"
    found = await replayed(place, altered={f"owed.{at_acme(other)}": "1"})
    assert found.again.holder.name == at_acme(other)
    assert sorted(found.again.receipt.turn.values()) == ["1/3", "1/3", "4/3"]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("owed.zed", "1", r"owed: expected a member of a team .* looked at, found 'zed@acme"),
        ("owed.eve", "1", "owed: expected a member of a team whose turns were looked at"),
        ("load.zed", "3", "load: expected somebody whom the roster or the agreement knew then"),
        ("today.zed", "3", "today: expected somebody"),
        ("declined.bop", "rejected it", "did you mean 'bob@acme.example'"),
        ("paused.zed", "paused because x, by y", "paused: expected somebody"),
        ("roster.zed", "1", "roster: expected somebody"),
        ("roster.bob", "9", "roster: bob@acme.example has no version 9; `baton roster show bob@"),
        ("roster.bob", "0", "has no version 0"),
        ("roster.eve", "2", "has no version 2"),
    ],
)
async def test_of_whom_nothing_can_be_altered_is_said(
    place: RoutingPlace, name: str, value: str, why: str
) -> None:
    await place.team("inside", "bob")
    await place.team("enterprise", "eve")
    await place.offered("ana")
    with pytest.raises(CommandRefused, match=why):
        await replayed(place, altered={at_acme(name): value})


async def test_what_made_no_difference_then_may_be_altered_all_the_same(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.team("enterprise", "eve")
    await place.offered("ana")
    for name, value in {"load.eve": "3", "roster.eve": "1", "paused.dora": "paused"}.items():
        assert (await replayed(place, altered={at_acme(name): value})).differs == []
    assert (await replayed(place, altered={"paused.enterprise": "paused"})).differs == []


async def test_the_receipt_says_in_whose_hours_the_clock_runs(database_url: str) -> None:
    with routing_at(database_url, agreement=WORKING) as place:
        await place.team("inside", "bob", calendar="lisbon")
        await place.offered("ana")
        receipt = (await place.state()).receipt
        assert (await replayed(place)).differs == []
    assert receipt is not None
    assert len(receipt.clocks) == 1
    assert receipt.clocks[0].endswith(
        "(standard): 4 hours of the working time of bob@acme.example, calendar lisbon, Europe/Lisbon"
    )


async def test_of_two_that_go_at_once_with_the_same_clock_each_knows_whose_hours_it_counts(
    database_url: str,
) -> None:
    with routing_at(database_url, agreement=WORKING.replace("clock: working", "clock: any_open")) as place:
        await place.team("enterprise", "cy", calendar="lisbon")
        await place.team("inside", "dan", calendar="lisbon")
        await place.team("inside", "bob", calendar="lisbon", cover=at_acme("cy"))
        leads = ("ana", "ben", "cem", "dee")
        await place.offered(*leads)
        bobs = [lead for lead in leads if await place.holder(lead) == "bob"]
        for lead in bobs:
            await place.do("accept", "bob", lead)
        await place.tx(lambda tx: roster.leave(tx, at_acme("bob")))
        assert [await place.holder(lead) for lead in bobs] == ["cy", "cy"]
        await place.team("inside", "dan", calendar="lisbon", absences="2026-01-01/2026-12-31 pto")
        for lead in bobs:
            found = await replayed(place, lead, 2)
            assert "while anybody in inside is at work" in found.kept.receipt.clocks[0]
            assert found.differs == []


async def test_the_clock_of_a_team_of_nobody_is_the_same_and_no_guess(database_url: str) -> None:
    with routing_at(database_url, agreement=WORKING.replace("clock: working", "clock: any_open")) as place:
        await place.offered("ana")
        await place.do("accept", "dora")
        await place.offered("ben", account=Account(domain="b.example", owner=at_acme("dora"), match="strong"))
        await place.sleep_through(timedelta(hours=80))
        await place.team("inside", "bob", calendar="lisbon")
        for lead, whys in (("ana", ["new", "released", "escalated"]), ("ben", ["new", "escalated"])):
            assert [assigned.why for assigned in await place.said(LeadAssigned, lead)] == whys
            for number in range(1, len(whys) + 1):
                found = await replayed(place, lead, number)
                assert (found.differs, found.guessed) == ([], [])


async def test_decisions_are_forgotten_when_their_time_is_over_and_not_before(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    assert place.service.on_idle is not None
    await place.sleep_through(HISTORY)
    await place.tx(place.service.on_idle)
    assert 1 in await kept(place)
    await place.sleep_through(timedelta(seconds=1))
    await place.tx(place.service.on_idle)
    assert 1 not in await kept(place)


async def test_nothing_is_kept_of_somebody_who_is_erased(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana", "ben")
    await place.say(LeadErased(), "ana", topic="baton.ingest")
    await place.turn()
    assert await kept(place) == []
    assert await kept(place, "ben") == [1]


async def kept(place: RoutingPlace, lead: str = "ana") -> list[int]:
    try:
        found = await place.service.read(lambda tx: decisions.decisions(tx, lead_id(lead)))
    except CommandRefused:
        return []
    return [one.receipt.number for one in found]
