"""Who can hold leads: rosters are imported, people leave, and everything that they held goes on at once."""

from collections.abc import Iterator

import pytest

from services.routing.domain.model import GivingUp
from services.routing.domain.people.roster import Entry, RosterInvalid, Row
from services.routing.handlers import roster
from services.routing.store.roster import Listed, save_people
from shared.agreement import load_text
from shared.contracts.recycle import OwnerConfirmed, OwnerMissing
from shared.contracts.routing import LeadAssigned, RepChanged
from shared.effects import CommandRefused
from shared.runtime.service import OneAgreement
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


async def leave(place: RoutingPlace, person: str) -> list[str]:
    gone = await place.tx(lambda tx: roster.leave(tx, at_acme(person)))
    await place.turn()
    return list(gone)


async def changes(place: RoutingPlace) -> list[tuple[str, bool, tuple[str, ...], str | None]]:
    await place.turn()
    return [(c.person, c.active, c.teams, c.deputy) for c in await place.said(RepChanged)]


async def test_an_import_says_who_can_hold_leads_and_the_same_again_says_nothing(place: RoutingPlace) -> None:
    for _ in range(2):
        await place.team("inside", "bob")
    assert await changes(place) == [(at_acme("bob"), True, ("inside",), None)]
    await place.team("enterprise", "bob")
    assert (await changes(place))[-1] == (at_acme("bob"), True, ("enterprise",), None)
    [listed] = await place.service.read(roster.everybody)
    assert (dict(listed.entry.teams), listed.version) == ({"enterprise": 1}, 2)


async def test_of_two_who_differ_in_their_letters_alone_another_spelling_means_the_active_one(
    place: RoutingPlace,
) -> None:
    listed = {
        at_acme(person): Listed(Entry(at_acme(person), teams=dict.fromkeys(teams, 1)), active, version=1)
        for person, teams, active in (("BOB", [], False), ("bob", ["inside"], True))
    }
    await place.tx(lambda tx: save_people(tx.conn, listed, "an earlier import", tx.now))
    assert await place.tx(lambda tx: roster.spelled(tx, at_acme("Bob"))) == at_acme("bob")
    await place.team("enterprise", "Bob")
    everybody = {one.entry.person: one for one in await place.service.read(roster.everybody)}
    assert {person: one.active for person, one in everybody.items()} == {
        at_acme("BOB"): False,
        at_acme("bob"): True,
    }
    assert dict(everybody[at_acme("bob")].entry.teams) == {"enterprise": 1}


async def test_one_wrong_row_and_nothing_is_imported(place: RoutingPlace) -> None:
    rows = [
        Row("line 2", {"person": at_acme("bob"), "teams": "inside"}),
        Row("line 3", {"person": at_acme("cy"), "teams": "insde"}),
    ]
    with pytest.raises(RosterInvalid):
        await place.tx(lambda tx: roster.import_roster(tx, rows))
    assert await place.service.read(roster.everybody) == []
    assert await changes(place) == []


async def test_who_leaves_hands_over_all_they_hold_to_the_team_without_them(place: RoutingPlace) -> None:
    await place.team("enterprise", "bob")
    await place.offered("a", "b", "c", segment="enterprise")
    await place.team("enterprise", "cy")
    assert len(await leave(place, "bob")) == 3
    assert {await place.holder(lead) for lead in "abc"} == {"cy"}
    left = [assigned for assigned in await place.said(LeadAssigned) if assigned.why == "left"]
    assert [assigned.by for assigned in left] == [at_acme("bob")] * 3
    assert {a.handover.kind for a in left if a.handover} == {"move"}
    assert {(await place.state(lead)).custody.reassignments for lead in "abc"} == {0}
    assert (at_acme("bob"), False, ("enterprise",), at_acme("eva")) in await changes(place)


async def test_if_nobody_else_can_take_it_the_deputys_queue_does(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await leave(place, "bob")
    assert (await place.holder(), (await place.state()).waiting) == ("queue of inside", True)


async def test_who_left_gets_nothing_and_leaving_again_changes_nothing(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await leave(place, "bob")
    assert await leave(place, "bob") == []
    await place.offered("a", "b")
    assert {await place.holder("a"), await place.holder("b")} == {"cy"}
    assert len(await changes(place)) == 3


async def test_for_an_open_offer_of_a_leaver_the_deputy_answers_and_a_refusal_finds_them(
    place: RoutingPlace,
) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("disqualify", "bob", why=GivingUp("no-need"))
    await leave(place, "bob")
    custody = (await place.state()).custody
    assert custody.holder is not None
    assert (custody.standing, custody.number, custody.holder.answers) == ("offering", 2, at_acme("dora"))
    await place.recycle_refuses()
    assert await place.holder() == "dora"


@pytest.mark.parametrize("person", ["lena", "dora", "maya", "privacy"])
async def test_whom_the_agreement_names_cannot_leave(place: RoutingPlace, person: str) -> None:
    with pytest.raises(CommandRefused, match="is named by the agreement acme@1"):
        await leave(place, person)


async def test_whom_the_agreement_names_no_more_can_leave(place: RoutingPlace) -> None:
    await place.team("inside", "lena")
    newer = AGREEMENT.replace("lead: lena@", "lead: dora@").replace("version: 1", "version: 2")
    place.service.agreements = OneAgreement(load_text(newer))
    await leave(place, "lena")
    assert (await changes(place))[-1][:2] == (at_acme("lena"), False)


async def test_nobody_leaves_whom_the_roster_does_not_know(place: RoutingPlace) -> None:
    with pytest.raises(CommandRefused, match="the roster knows nobody called gone@"):
        await leave(place, "gone")


async def test_the_auditor_is_answered_with_who_holds_the_lead(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    for custodian in ("routing", "recycle"):
        await place.say(OwnerMissing(custodian=custodian, problem="no entry", since=place.clock.now()))
    await place.turn()
    [confirmed] = await place.said(OwnerConfirmed)
    assert (confirmed.number, confirmed.holder.answers) == (2, at_acme("bob"))


async def test_a_lead_whose_holder_cannot_answer_is_put_right(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    people = "UPDATE routing_people SET active = false"
    await place.tx(lambda tx: tx.conn.exec_driver_sql(people))  # As nobody may: past routing.
    await place.say(OwnerMissing(custodian="routing", problem="inactive", since=place.clock.now()))
    await place.turn()
    last = (await place.said(LeadAssigned))[-1]
    assert (last.why, last.owner.name) == ("put right", at_acme("dora"))


async def test_who_is_absent_gets_nothing_and_their_receipt_says_until_when(place: RoutingPlace) -> None:
    await place.team("inside", "bob", zone="Europe/Lisbon", absences=f"{place.clock.now():%Y-%m-%d} pto")
    await place.team("inside", "cy")
    await place.offered("a", "b")
    assert {await place.holder("a"), await place.holder("b")} == {"cy"}
    receipt = (await place.state("a")).receipt
    assert receipt is not None
    [why] = [c.why_not for c in receipt.candidates if c.person == at_acme("bob")]
    assert why.startswith("absent until ")
