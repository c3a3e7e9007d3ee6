"""From the SDR to the account executive: by rules, in the executive's own time, and always with an owner."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.routing.domain.model import GivingUp
from services.routing.domain.steps.reporting import Contact
from services.routing.handlers import decisions, roster
from shared.contracts.clocks import DeadlineBreached
from shared.contracts.routing import HandoffOffered, HandoffRefused, LeadAssigned
from shared.contracts.values import Account, Company
from shared.effects import CommandRefused
from shared.terms import Stage
from shared.testing.leads import lead_id
from tests.service.routing_place import AGREEMENT, LISBON, RoutingPlace, at_acme, routing_at
from tests.service.test_routing_working_clocks import utc

ANSWERS = {"need": "a new line", "timeline": "spring"}
HOUR = timedelta(hours=1)
RULES = """
    at: sql
    accept_within: 4h
    rules:
      - {name: their pod, when: {account.pod: known}, to: {team: account.pod}}
      - {name: large, when: {company.employees: {at_least: 1000}}, to: {team: executives, who: {speaks: pt}}}
      - {name: rest, to: {team: enterprise}}
"""
BY_RULES = (
    AGREEMENT.replace(
        "hand_off: {at: sql, rules: [{to: {team: executives}}], accept_within: 24h}", f"hand_off:{RULES}"
    )
    .replace("follow_up:\n", f"follow_up:\n  calendars:\n{LISBON}")
    .replace("when: {segment: enterprise}", "when: {source: nowhere}")
    .replace("accept_within: 4h\n      touch", "accept_within: 4h\n      clock: working\n      touch")
)


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url, agreement=BY_RULES) as place:
        yield place


async def qualified(place: RoutingPlace, employees: int = 20, **more: object) -> None:
    """Bob, an SDR, has qualified Ana; so she is offered to an account executive."""
    await place.team("inside", "bob")
    await place.offered("ana", company=Company(name="Northwind", employees=employees), **more)
    await place.do("accept", "bob")
    await place.do("qualify", "bob", answers=ANSWERS)


async def test_the_first_rule_that_holds_names_the_team_and_the_receipt_says_so(place: RoutingPlace) -> None:
    await place.team("executives", "al", languages="en")
    await place.team("executives", "ann", languages="pt")
    await place.team("enterprise", "eve")
    await qualified(place, 5000)
    [offered] = await place.said(HandoffOffered)
    assert (offered.to, offered.answers) == (at_acme("ann"), at_acme("bob"))
    await place.do("accept_handoff", "ann")
    [taken] = [one for one in await place.said(LeadAssigned) if one.why == "handed to account executive"]
    assert [(rule.name, rule.matched) for rule in taken.receipt.rules] == [
        ("their pod", False),
        ("large", True),
    ]
    assert (taken.team, taken.receipt.team) == ("executives", "executives")
    assert await place.holder() == "ann"


@pytest.mark.parametrize(
    ("employees", "more"), [(5000, {}), (20, {"account": Account(pod="enterprise")}), (20, {})]
)
async def test_made_again_a_hand_off_goes_by_the_same_rules(
    place: RoutingPlace, employees: int, more: dict[str, object]
) -> None:
    await place.team("executives", "ann", languages="pt")
    await place.team("enterprise", "eve")
    await qualified(place, employees, **more)
    name = decisions.name_of(lead_id("ana"), (await place.state()).receipts)
    again = await place.service.read(lambda tx: decisions.replay(tx, name, {}, None))
    assert (again.differs, again.again) == ([], again.kept)


async def test_what_no_rule_asks_for_goes_to_the_team_of_the_last(place: RoutingPlace) -> None:
    await place.team("executives", "ann", languages="pt")
    await place.team("enterprise", "eve")
    await qualified(place)
    assert [offered.to for offered in await place.said(HandoffOffered)] == [at_acme("eve")]


async def test_a_rule_may_name_the_team_by_the_account_and_is_passed_over_if_there_is_none(
    place: RoutingPlace,
) -> None:
    await place.team("executives", "ann")
    await place.team("enterprise", "eve")
    await qualified(place, account=Account(domain="n.example", pod="executives"))
    assert [offered.to for offered in await place.said(HandoffOffered)] == [at_acme("ann")]


async def test_a_pod_that_is_no_team_is_passed_over_with_the_reason(place: RoutingPlace) -> None:
    await place.team("enterprise", "eve")
    await qualified(place, account=Account(domain="n.example", pod="gone"))
    await place.do("accept_handoff", "eve")
    rule = (await place.said(LeadAssigned))[-1].receipt.rules[0]
    assert (rule.name, "passed over: account.pod names no team" in rule.sentence) == ("their pod", True)


async def test_what_executives_of_any_of_the_teams_have_stays_among_them(place: RoutingPlace) -> None:
    await place.team("executives", "ann", "abe", languages="pt")
    await qualified(place, 5000)
    first = (await place.said(HandoffOffered))[0].to.removesuffix("@acme.example")
    await place.do("accept_handoff", first)
    await place.tx(lambda tx: roster.leave(tx, at_acme(first)))
    await place.turn()
    other = "abe" if first == "ann" else "ann"
    assert (await place.holder(), (await place.state()).stage) == (other, Stage.SQL)


async def test_the_executives_clock_counts_their_own_working_time(place: RoutingPlace) -> None:
    await place.team("enterprise", "eve", calendar="lisbon")
    place.clock.at = utc("2026-11-02T17:00")
    await qualified(place)
    [offered] = await place.said(HandoffOffered)
    assert offered.due_at == utc("2026-11-03T12:00")


async def test_an_offer_that_lapses_is_the_sdrs_again_with_a_clock_and_it_is_said_who_answers(
    place: RoutingPlace,
) -> None:
    await place.team("enterprise", "eve")
    await qualified(place)
    await place.pass_time(4 * HOUR)
    [late], [refusal] = await place.said(DeadlineBreached), await place.said(HandoffRefused)
    assert (late.owner, late.deadline.name) == (at_acme("eve"), "handoff")
    assert (refusal.reason, refusal.answers) == ("no answer in time", at_acme("bob"))
    assert [deadline.name for deadline in refusal.deadlines] == ["touch"]
    assert (await place.state()).stage is Stage.SQL


async def test_the_second_lapse_goes_to_the_executives_lead_who_answers_then(place: RoutingPlace) -> None:
    await place.team("enterprise", "eve", "ed")
    await qualified(place)
    await place.pass_time(4 * HOUR)
    await place.do("qualify", "bob", answers=ANSWERS)
    await place.pass_time(4 * HOUR)
    assert [refusal.answers for refusal in await place.said(HandoffRefused)] == [
        at_acme("bob"),
        at_acme("eli"),
    ]
    assert {offered.to for offered in await place.said(HandoffOffered)} == {at_acme("eve"), at_acme("ed")}
    assert await place.holder() == "eli"


async def test_while_it_is_offered_the_sdr_answers_and_the_executive_can_only_say_yes_or_no(
    place: RoutingPlace,
) -> None:
    await place.team("enterprise", "eve")
    await qualified(place)
    with pytest.raises(CommandRefused, match="it is offered to eve"):
        await place.do("qualify", "bob", answers=ANSWERS | {"size": "5"})
    with pytest.raises(CommandRefused, match="answers for this lead"):
        await place.do("win", "eve", value=None, currency=None)
    assert await place.holder() == "bob"


async def test_a_touch_while_it_is_offered_starts_no_clock_of_the_sdr(database_url: str) -> None:
    agreed = BY_RULES.replace("touch_within: 24h", "touch_within: 24h\n      next_step_within: 1h")
    with routing_at(database_url, agreement=agreed) as place:
        await place.team("enterprise", "eve")
        await qualified(place)
        await place.do("contact", "tool dialler", said=Contact("phone"))
        assert [clock.name for clock in (await place.state()).clocks] == ["handoff"]
        await place.pass_time(2 * HOUR)
        assert await place.said(DeadlineBreached) == []


async def test_with_a_meeting_ahead_nothing_is_asked_of_whoever_takes_it_over(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.team("enterprise", "eve")
    await place.offered("ana")
    await place.do("accept", "bob")
    at = place.clock.now() + 50 * HOUR
    await place.do("book_meeting", "bob", starts_at=at, attendee=at_acme("eve"), note="")
    await place.do("qualify", "bob", answers=ANSWERS)
    await place.do("accept_handoff", "eve")
    await place.pass_time(49 * HOUR)
    assert (await place.holder(), await place.said(DeadlineBreached)) == ("eve", [])


async def test_an_executive_is_no_last_resort_although_the_sdr_was_one(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.team("enterprise", "eve", "ed")
    await place.offered("ana")
    await place.do("accept", "bob")
    await place.do("disqualify", "bob", why=GivingUp("no-need"))
    await place.recycle_refuses()
    await place.do("accept", "dora")
    await place.do("qualify", "dora", answers=ANSWERS)
    [offered] = await place.said(HandoffOffered)
    await place.do("accept_handoff", offered.to.removesuffix("@acme.example"))
    await place.pass_time(25 * HOUR)
    assert await place.holder() == ({"eve", "ed"} - {offered.to.removesuffix("@acme.example")}).pop()


async def test_if_nobody_of_the_team_can_take_it_their_lead_is_asked(place: RoutingPlace) -> None:
    await qualified(place)
    [offered] = await place.said(HandoffOffered)
    assert offered.to == at_acme("eli")


async def test_who_does_not_speak_the_language_is_not_asked(place: RoutingPlace) -> None:
    await place.team("executives", "al", languages="en")
    await qualified(place, 5000)
    assert [offered.to for offered in await place.said(HandoffOffered)] == [at_acme("alba")]


async def test_if_nobody_can_take_it_the_team_of_else_is_asked_and_the_receipt_says_who_could_not(
    database_url: str,
) -> None:
    agreed = BY_RULES.replace(
        "{team: executives, who: {speaks: pt}}",
        "{team: executives, who: {speaks: pt}, else: {team: enterprise}}",
    )
    with routing_at(database_url, agreement=agreed) as place:
        await place.team("executives", "al", languages=["en"])
        await place.team("enterprise", "eva")
        await place.team("inside", "bob")
        await place.offered("ana", company=Company(employees=5000))
        await place.do("accept", await place.holder())
        await place.do("qualify", await place.holder(), answers=ANSWERS)
        offer = (await place.state()).handoff
        assert offer is not None
        assert (offer.to, offer.team) == (at_acme("eva"), "enterprise")
        assert [one.why_not for one in offer.receipt.candidates] == ["does not speak pt", ""]
        await place.do("accept_handoff", "eva")
        with pytest.raises(CommandRefused, match="an SQL already"):
            await place.do("qualify", "eva", answers=ANSWERS)
