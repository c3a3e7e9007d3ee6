"""Leads that went the wrong way are routed again, a receipt each; a dry run writes nothing."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from services.routing.handlers import decisions
from services.routing.handlers.rerouting import Moved, Wish, reroute
from services.routing.tables import metadata
from shared.agreement import AgreementInvalid
from shared.agreement.question import question
from shared.contracts.routing import LeadAssigned
from shared.contracts.values import Company, Person
from shared.runtime.tx import Tx
from shared.testing.leads import NOON, lead_id
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at
from tests.service.test_routing_pauses import pause, resume

SAM = "sam@acme.example"
RULES = "    - {name: rest, to: {team: inside}}"
LARGE = "    - {name: large, when: {company.employees: {at_least: 50}}, to: {team: enterprise}}\n"
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    """From 13:00 on the rules send large companies to another team."""
    put_right = AGREEMENT.replace(RULES, LARGE + RULES).replace("version: 1", "version: 2")
    with routing_at(database_url, then=(LATER, put_right)) as place:
        yield place


async def rerouted(place: RoutingPlace, *, dry: bool = False, **more: Any) -> dict[str, Moved]:
    where, since = more.pop("where", None), more.pop("since", NOON)

    def work(tx: Tx) -> list[Moved]:
        asked = question(where, tx.agreement) if where else None
        wish = Wish(since, SAM, "the rule for large companies was missing", where=asked, **more)
        return reroute(tx, wish, dry=dry)[0]

    found = await (place.service.read(work) if dry else place.tx(work))
    await place.turn()
    return {one.lead: one for one in found}


async def everything(place: RoutingPlace) -> dict[str, list[Any]]:
    """Every row of every table of routing."""
    tables = metadata.sorted_tables
    return await place.service.read(
        lambda tx: {table.name: sorted(map(str, tx.conn.execute(table.select()))) for table in tables}
    )


async def wrongly_routed(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.team("enterprise", "eve")
    await place.offered("ana", "ben")
    await place.offered("small", company=Company(name="Two", employees=2))
    await place.pass_time(LATER - NOON)


async def test_what_the_rules_send_elsewhere_now_goes_there_with_a_receipt_that_says_why(
    place: RoutingPlace,
) -> None:
    await wrongly_routed(place)
    had = await place.holder("small")
    found = await rerouted(place)
    assert [await place.holder(lead) for lead in ("ana", "ben", "small")] == ["eve", "eve", had]
    assert found[lead_id("ana")].now.name == at_acme("eve")
    assigned = (await place.said(LeadAssigned, "ana"))[-1]
    assert (assigned.why, assigned.by) == ("rerouted", SAM)
    assert assigned.receipt.note.endswith("rerouted because the rule for large companies was missing")
    assert assigned.handover.reassignments == 0, "nobody is blamed"
    versions = {"acme@1": place.service.agreements.in_force(NOON)}
    for number in (1, 2):
        name = decisions.name_of(lead_id("ana"), number)
        found_again = await place.service.read(partial(decisions.replay, name=name, versions=versions))
        assert found_again.differs == []


async def test_a_dry_run_shows_the_same_and_changes_no_row_of_any_table(place: RoutingPlace) -> None:
    await wrongly_routed(place)
    before = await everything(place)
    shown = await rerouted(place, dry=True)
    assert await everything(place) == before
    done = await rerouted(place)
    assert {lead: one.now for lead, one in shown.items()} == {lead: one.now for lead, one in done.items()}


async def test_only_those_of_which_the_condition_holds_are_looked_at(place: RoutingPlace) -> None:
    await wrongly_routed(place)
    assert list(await rerouted(place, where={"company.employees": {"at_most": 10}})) == [lead_id("small")]
    assert await rerouted(place, since=NOON + timedelta(seconds=1)) == {}
    with pytest.raises(AgreementInvalid, match=r"did you mean 'company\.employees'"):
        await rerouted(place, where={"company.employes": 10})


async def test_what_a_rep_has_accepted_stays_unless_that_is_asked_for(place: RoutingPlace) -> None:
    await wrongly_routed(place)
    rep = await place.holder()
    await place.do("accept", rep)
    found = await rerouted(place)
    assert found[lead_id("ana")].held_back == "its rep has accepted it"
    assert await place.holder() == rep
    await rerouted(place, accepted=True)
    assert await place.holder() == "eve"


async def test_once_more_moves_nothing(place: RoutingPlace) -> None:
    await wrongly_routed(place)
    await rerouted(place)
    again = await rerouted(place)
    assert all(one.was == one.now for one in again.values())


async def test_the_turn_that_led_the_wrong_way_is_given_back(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.team("enterprise", "eve")
    await place.offered("ana")
    first = await place.holder()
    await place.pass_time(LATER - NOON)
    await rerouted(place)
    await place.offered("ben", company=Company(employees=2), person=Person(name="Ben"))
    await place.offered("cem", company=Company(employees=2), person=Person(name="Cem"))
    held = {await place.holder("ben"), await place.holder("cem")}
    assert held == {"bob", "cy"}, f"{first} owes nobody a lead"


async def test_who_could_not_have_it_does_not_keep_it_in_the_same_team(database_url: str) -> None:
    spanish = "    - {name: es, when: {language: es}, to: {team: inside, who: {speaks: es}}}\n"
    put_right = AGREEMENT.replace(RULES, spanish + RULES).replace("version: 1", "version: 2")
    then = (LATER, put_right)
    with routing_at(database_url, then=then) as place:
        await place.team("inside", "bob", languages="en")
        await place.offered("ana", person=Person(language="es"))
        await place.team("inside", "cy", languages="es")
        await place.pass_time(LATER - NOON)
        await rerouted(place)
        assert await place.holder() == "cy"


SPANISH = "    - {name: es, when: {language: es}, to: {team: inside, who: {speaks: es}}}\n"
FIRST_OPEN = "    - {name: open, when: {language: es}, to: {first_open: [inside], else: {queue: inside}}}\n"


@pytest.mark.parametrize(
    ("first", "now"),
    [
        (SPANISH, {"absences": "2026-01-01/2026-12-31 pto"}),
        (SPANISH, {"languages": "en"}),
        (FIRST_OPEN, {"shifts": "mon 14:00-18:00"}),
    ],
)
async def test_nor_if_nobody_else_can_have_it_it_waits_in_the_queue(
    database_url: str, first: str, now: dict[str, str]
) -> None:
    bob = {"languages": "es", "zone": "UTC"}
    with routing_at(database_url, agreement=AGREEMENT.replace(RULES, first + RULES)) as place:
        await place.team("inside", "bob", **bob)
        await place.offered("ana", person=Person(language="es"))
        await place.team("inside", "bob", **bob | now)
        await place.pass_time(timedelta(0))
        await rerouted(place)
        assert await place.holder() == "queue of inside"


async def test_nor_if_they_are_paused(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await pause(place, "rep", at_acme("bob"))
    await rerouted(place)
    assert await place.holder() == "queue of inside"
    await resume(place, "rep", at_acme("bob"))
    assert await place.holder() == "bob"


async def test_who_has_as_many_as_agreed_keeps_them(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana", "ben", "cem")
    found = await rerouted(place)
    assert {one.now.name for one in found.values()} == {at_acme("bob")}
