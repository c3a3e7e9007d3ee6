"""Who can take a lead: caps by the day, skills, teams at work, and what happens when nobody can."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.routing.domain.model import GivingUp
from services.routing.handlers import roster
from shared.contracts.routing import LeadAssigned
from shared.contracts.values import Account, Person
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at

OPEN = "at_most: {open: 3}"
REST = "{name: rest, to: {team: inside}}"
CALENDARS = """follow_up:
  calendars:
    kathmandu: {zone: Asia/Kathmandu, hours: {mon-fri: ["09:00-17:00"]}}
    berlin: {zone: Europe/Berlin, hours: {mon-fri: ["09:00-17:00"]}}
    denver: {zone: America/Denver, hours: {mon-fri: ["08:00-17:00"]}}
"""


def agreed(inside: str = OPEN, rest: str = REST, enterprise: str = "queue_within: 30m") -> str:
    """The agreement with other words for team inside, its rule, and team enterprise."""
    text = AGREEMENT.replace("follow_up:\n", CALENDARS, 1).replace(OPEN, inside).replace(REST, rest)
    return text.replace(
        "deputy: [eva@acme.example], queue_within: 30m", f"deputy: [eva@acme.example], {enterprise}"
    )


async def held(place: RoutingPlace, *leads: str) -> Counter[str]:
    return Counter([await place.holder(lead) for lead in leads])


async def why_not(place: RoutingPlace, lead: str = "ana") -> dict[str, str]:
    receipt = (await place.state(lead)).receipt
    assert receipt is not None
    return {one.person.partition("@")[0]: one.why_not for one in receipt.candidates}


async def test_nobody_is_given_more_in_a_day_of_their_own_than_is_agreed(database_url: str) -> None:
    patient = agreed("at_most: {per_day: 2}").replace("accept_within: 4h", "accept_within: 9d")
    with routing_at(
        database_url, agreement=patient.replace("queue_within: 30m", "queue_within: 9d")
    ) as place:
        await place.team("inside", "bob", calendar="kathmandu")
        await place.team("inside", "cy", calendar="denver")
        await place.pass_time(timedelta(0))
        leads = [f"lead-{n}" for n in range(7)]
        await place.offered(*leads)
        assert await held(place, *leads) == {"bob": 2, "cy": 2, "queue of inside": 3}
        [waits, *_] = [lead for lead in leads if await place.holder(lead) == "queue of inside"]
        assert await why_not(place, waits) == {
            "bob": "at cap: 2 of 2 new leads today",
            "cy": "at cap: 2 of 2 new leads today",
        }
        await place.pass_time(timedelta(hours=6, minutes=14))
        assert (await held(place, *leads))["queue of inside"] == 3, "it is 23:59 in Kathmandu"
        await place.pass_time(timedelta(minutes=1))
        assert await held(place, *leads) == {"bob": 4, "cy": 2, "queue of inside": 1}
        await place.pass_time(timedelta(hours=12, minutes=45))
        assert await held(place, *leads) == {"bob": 4, "cy": 3}, "and midnight in Denver"


async def test_a_day_does_not_begin_anew_when_a_lead_goes_on(database_url: str) -> None:
    with routing_at(database_url, agreement=agreed("at_most: {per_day: 1}")) as place:
        await place.team("inside", "bob")
        await place.offered("a")
        await place.do("reject", "bob", "a", reason="not-a-lead", note="", duplicate_of=None)
        await place.offered("b")
        assert await place.holder("b") == "queue of inside"


async def test_only_who_speaks_the_language_is_asked_and_else_it_waits_for_one(database_url: str) -> None:
    spanish = "{name: spanish, when: {language: es}, to: {team: inside, who: {speaks: es}, else: queue}}"
    with routing_at(database_url, agreement=agreed(rest=f"{spanish}\n    - {REST}")) as place:
        await place.team("inside", "bob", languages="en")
        await place.offered("ana", person=Person(language="es"))
        assert await place.holder() == "queue of inside"
        assert await why_not(place) == {"bob": "does not speak es"}
        await place.team("inside", "cy", languages="en; es-MX")
        await place.pass_time(timedelta(0))
        assert await place.holder() == "cy"


async def test_a_skill_is_asked_for_and_the_receipt_keeps_who_had_it_not(database_url: str) -> None:
    rule = "{name: rest, to: {team: inside, who: {has: cloud}, else: {team: enterprise}}}"
    with routing_at(database_url, agreement=agreed(rest=rule)) as place:
        await place.team("inside", "bob", skills="billing")
        await place.team("enterprise", "cy")
        await place.offered("ana")
        assert await place.holder() == "cy"
        assert await why_not(place) == {"bob": "does not have cloud", "cy": ""}


async def test_what_nobody_can_take_here_or_there_waits_here(database_url: str) -> None:
    rule = "{name: rest, to: {team: inside, else: {team: enterprise}}}"
    with routing_at(database_url, agreement=agreed(rest=rule)) as place:
        await place.offered("ana")
        assert await place.holder() == "queue of inside"


SUN = "{name: rest, to: {first_open: [inside, enterprise], else: queue}}"


async def test_a_demo_goes_to_the_first_team_that_is_at_work(database_url: str) -> None:
    with routing_at(database_url, agreement=agreed(rest=SUN)) as place:
        await place.team("inside", "bob", calendar="denver")
        await place.team("enterprise", "cy", calendar="berlin")
        await place.offered("ana")
        assert await place.holder() == "cy", "it is noon in London"
        assert (await why_not(place))["bob"].startswith("off shift until")
        await place.pass_time(timedelta(hours=5))
        await place.offered("ben")
        assert await place.holder("ben") == "bob"


async def test_a_demo_on_friday_night_waits_with_a_deputy_and_is_given_out_when_somebody_opens(
    database_url: str,
) -> None:
    patient = agreed(rest=SUN).replace("queue_within: 30m", "queue_within: 9d")
    with routing_at(database_url, agreement=patient) as place:
        await place.team("inside", "bob", calendar="denver")
        await place.team("enterprise", "cy", calendar="berlin")
        at = place.clock.now()
        await place.pass_time(timedelta(days=(4 - at.weekday()) % 7, hours=12))
        assert place.clock.now().weekday() == 5, "Saturday, 00:00 in London"
        await place.offered("ana")
        [assigned] = await place.said(LeadAssigned, "ana")
        assert (assigned.owner.kind, assigned.owner.answers) == ("queue", at_acme("dora"))
        assert assigned.receipt.note.startswith("nobody is at work")
        await place.pass_time(timedelta(days=2, hours=7, minutes=59))
        assert await place.holder() == "queue of inside"
        await place.pass_time(timedelta(minutes=1))
        assert await place.holder() == "cy", "Monday, 09:00 in Berlin"


async def test_what_nobody_can_take_overflows_as_agreed_and_says_so(database_url: str) -> None:
    inside = "at_most: {open: 1}\n      nobody_available: overflow:enterprise"
    with routing_at(database_url, agreement=agreed(inside)) as place:
        await place.team("inside", "bob")
        await place.team("enterprise", "cy")
        await place.offered("a", "b")
        assert [await place.holder(lead) for lead in "ab"] == ["bob", "cy"]
        b = await place.state("b")
        assert b.team == "enterprise"
        assert b.receipt is not None
        assert b.receipt.note == (
            "nobody in inside can take it now, so it overflows to enterprise; Cy has the turn in enterprise"
        )
        assert await why_not(place, "b") == {"bob": "at cap: 1 of 1 open leads", "cy": ""}


async def test_teams_that_overflow_into_each_other_end_in_the_queue_of_the_first(database_url: str) -> None:
    inside = "nobody_available: overflow:enterprise"
    text = agreed(inside, enterprise="nobody_available: overflow:inside")
    with routing_at(database_url, agreement=text) as place:
        await place.offered("ana")
        assert await place.holder() == "queue of inside"
        await place.team("enterprise", "cy")
        await place.pass_time(timedelta(minutes=30))
        assert await place.holder() == "cy"


async def test_what_nobody_can_take_is_assigned_anyway_as_agreed_but_never_to_who_rejected_it(
    database_url: str,
) -> None:
    inside = "at_most: {open: 1}\n      nobody_available: assign_anyway"
    with routing_at(database_url, agreement=agreed(inside)) as place:
        await place.team("inside", "bob", "cy")
        await place.offered("a", "b", "c")
        assert (await held(place, "a", "b", "c")).total() == 3
        c = await place.state("c")
        assert c.receipt is not None
        assert c.receipt.note.startswith("nobody in inside can take it now, so it is assigned anyway; ")
        first = await place.holder("c")
        await place.do("reject", first, "c", reason="wrong-team", note="", duplicate_of=None)
        second = await place.holder("c")
        assert {first, second} == {"bob", "cy"}
        await place.do("reject", second, "c", reason="wrong-team", note="", duplicate_of=None)
        assert await place.holder("c") == "queue of inside"


async def test_rather_one_over_a_cap_gets_it_anyway_than_one_who_is_away(database_url: str) -> None:
    inside = "at_most: {open: 1}\n      nobody_available: assign_anyway"
    with routing_at(database_url, agreement=agreed(inside)) as place:
        today = f"{place.clock.now():%Y-%m-%d}"
        await place.team("inside", "bob")
        await place.team("inside", "cy", zone="UTC", absences=f"{today}/{today} pto")
        await place.offered("a", "b")
        assert await held(place, "a", "b") == {"bob": 2}


async def test_the_account_s_owner_comes_first_and_else_it_is_a_fair_turn(database_url: str) -> None:
    text = agreed("turn: owner_first").replace("{account.owner: known}", "{account.match: strong}")
    with routing_at(database_url, agreement=text) as place:
        await place.team("inside", "bob", "cy")
        theirs = Account(owner=at_acme("bob"), match="weak")
        await place.offered("a", "b", "c", account=theirs)
        assert await held(place, "a", "b", "c") == {"bob": 3}
        assert await why_not(place, "a") == {"bob": "", "cy": "the account's owner comes first"}
        await place.do("reject", "bob", "a", reason="wrong-team", note="", duplicate_of=None)
        assert await place.holder("a") == "cy"


async def test_a_weak_match_only_tells_the_account_s_owner(database_url: str) -> None:
    weak = "{name: weak match, when: {account.match: weak}, to: {team: inside}, tell: account.owner}"
    text = agreed(rest=f"{weak}\n    - {REST}").replace("{account.owner: known}", "{account.match: strong}")
    with routing_at(database_url, agreement=text) as place:
        await place.team("inside", "bob", notify="https://bob.example/hook")
        await place.team("enterprise", "cy", notify="https://cy.example/hook")
        await place.offered("ana", account=Account(owner=at_acme("cy"), match="weak"))
        assert await place.holder() == "bob"
        errands = place.service.messaging.errands
        rows = await place.tx(lambda tx: tx.conn.execute(errands.select()).all())
        assert {(row.body["person"], row.action) for row in rows} == {
            (at_acme("bob"), "assigned"),
            (at_acme("cy"), "told"),
        }
        [assigned] = await place.said(LeadAssigned)
        assert assigned.receipt.note.endswith(f"; {at_acme('cy')} is told")
        await place.do("reject", "bob", reason="wrong-team", note="", duplicate_of=None)
        rows = await place.tx(lambda tx: tx.conn.execute(errands.select()).all())
        assert [row.action for row in rows].count("told") == 1, "once, whoever has it next"


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


async def test_a_lead_that_comes_back_goes_to_who_had_it_unless_they_rejected_it(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    had_it = await place.holder()
    await place.do("accept", had_it)
    await place.do("disqualify", had_it, why=GivingUp("no-need"))
    await place.recycle_takes()
    await place.recycle_returns(prefer=at_acme(had_it))
    assert await place.holder() == had_it
    await place.do("reject", had_it, reason="wrong-team", note="", duplicate_of=None)
    other = await place.holder()
    await place.do("accept", other)
    await place.do("disqualify", other, why=GivingUp("no-need"))
    await place.recycle_takes()
    await place.recycle_returns(prefer=at_acme(had_it))
    assert await place.holder() == other, "never back to who rejected it"


async def test_a_lead_never_goes_back_to_who_let_it_breach(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    late = await place.holder()
    await place.pass_time(timedelta(hours=4))
    assert await place.holder() != late
    assert (await place.state()).declined[at_acme(late)] == "let its clock run out"


async def test_who_is_there_is_what_the_roster_says_not_who_looks_online(database_url: str) -> None:
    with routing_at(database_url, agreement=agreed()) as place:
        await place.team("inside", "bob", calendar="denver")
        await place.offered("ana")
        assert await place.holder() == "bob", "it is five in the morning in Denver; his clock waits for him"


async def test_who_has_left_is_given_nothing_also_not_by_name(database_url: str) -> None:
    with routing_at(database_url, agreement=agreed()) as place:
        await place.team("inside", "bob", "cy")
        await place.tx(lambda tx: roster.leave(tx, at_acme("bob"), "maya"))
        theirs = Account(owner=at_acme("bob"), match="strong")
        await place.offered("a", "b", account=theirs)
        assert await held(place, "a", "b") == {"cy": 2}
