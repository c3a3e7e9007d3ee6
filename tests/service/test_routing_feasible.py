"""Whether anybody can meet a deadline is known when a lead is given away: may have it, works long enough."""

from datetime import timedelta

from services.routing.handlers import decisions
from shared.contracts.routing import LeadAssigned
from shared.testing.leads import lead_id
from tests.service.routing_place import RoutingPlace, at_acme, routing_at
from tests.service.test_routing_pauses import pause
from tests.service.test_routing_who_can import held, why_not
from tests.service.test_routing_working_clocks import counting, utc

NIGHT = utc("2026-11-02T20:00")
"""Berlin has left, New York is at work; four hours later it is midnight in London."""
BY_MIDNIGHT = "before 2026-11-03 00:00:00 UTC"


async def infeasible(place: RoutingPlace) -> str:
    """Why the last lead's deadline can not be met; empty if it can."""
    said = (await place.said(LeadAssigned))[-1]
    assert said.feasible == (not said.infeasible)
    return said.infeasible


async def asleep_with(place: RoutingPlace, **colleague: object) -> None:
    """Bob has a lead while he sleeps; his colleague in New York is at work."""
    await place.team("inside", "bob", calendar="berlin")
    await place.team("inside", "cy", calendar="new-york", **colleague)
    place.clock.at = NIGHT


async def test_a_colleague_who_is_paused_meets_no_deadline(database_url: str) -> None:
    with routing_at(database_url, agreement=counting("always")) as place:
        await asleep_with(place)
        await pause(place, "rep", at_acme("cy"))
        await place.offered("ana")
        assert await place.holder() == "bob"
        assert await infeasible(place) == f"nobody in inside who can take it works {BY_MIDNIGHT}"


async def test_a_colleague_at_the_cap_of_their_day_meets_no_deadline_that_ends_before_the_next(
    database_url: str,
) -> None:
    agreed = counting("always").replace("at_most: {open: 3}", "at_most: {per_day: 1}")
    with routing_at(database_url, agreement=agreed) as place:
        await asleep_with(place)
        await place.offered("a", "b")
        said = {a.owner.name: a.infeasible for a in await place.said(LeadAssigned)}
        assert said.keys() == {"bob@acme.example", "cy@acme.example"}
        await place.offered("c")  # Nobody has room for it today.
        assert await place.holder("c") == "queue of inside"
        assert "who can take it works" in await infeasible(place)


async def test_room_among_open_leads_may_come_at_any_moment(database_url: str) -> None:
    agreed = counting("always").replace("at_most: {open: 3}", "at_most: {open: 1}")
    with routing_at(database_url, agreement=agreed) as place:
        await asleep_with(place)
        await place.offered("a", "b", "c")
        assert await place.holder("c") == "queue of inside"
        assert await infeasible(place) == ""


async def test_a_colleague_without_the_language_meets_no_deadline_of_a_lead_that_asks_for_it(
    database_url: str,
) -> None:
    agreed = counting("always").replace(
        "- {name: rest, to: {team: inside}}", "- {name: rest, to: {team: inside, who: {speaks: es}}}"
    )
    assert "speaks: es" in agreed
    with routing_at(database_url, agreement=agreed) as place:
        await place.team("inside", "bob", calendar="berlin", languages=["es"])
        await place.team("inside", "cy", calendar="new-york", languages=["en"])
        place.clock.at = NIGHT
        await place.offered("ana")
        assert await place.holder() == "bob"
        assert await infeasible(place) == f"nobody in inside who can take it works {BY_MIDNIGHT}"


async def test_who_has_it_instead_need_not_have_what_the_first_choice_asks(database_url: str) -> None:
    agreed = counting("always").replace(
        "- {name: rest, to: {team: inside}}",
        "- {name: rest, to: {team: enterprise, who: {speaks: es}, else: {team: inside}}}",
    )
    assert "speaks: es" in agreed
    with routing_at(database_url, agreement=agreed) as place:
        await asleep_with(place)
        await place.offered("a", "b")
        assert await held(place, "a", "b") == {"bob": 1, "cy": 1}
        assert {one.infeasible for one in await place.said(LeadAssigned)} == {""}


async def test_a_minute_before_the_deadline_is_too_short_to_answer(database_url: str) -> None:
    with routing_at(database_url, agreement=counting("always")) as place:
        await place.team("inside", "bob", calendar="berlin")
        place.clock.at = utc("2026-11-03T04:01")  # due at 08:01, a minute after he begins
        await place.offered("a")
        assert await infeasible(place) == "nobody in inside works before 2026-11-03 08:01:00 UTC"
        place.clock.advance(timedelta(minutes=4))
        await place.offered("b")
        assert await infeasible(place) == ""


async def test_a_team_without_people_meets_no_deadline(database_url: str) -> None:
    with routing_at(database_url, agreement=counting("always")) as place:
        await place.offered("ana")
        assert await place.holder() == "queue of inside"
        assert await infeasible(place) == "nobody is in inside"


OVERFLOWS = counting("always").replace(
    "name: enterprise, lead", 'name: enterprise, nobody_available: "overflow:inside", lead'
)
IN_BERLIN = "off shift until Tue 03 Nov 09:00 Europe/Berlin"


async def test_what_overflows_in_time_goes_to_whoever_can_meet_the_deadline_and_names_who_could_not(
    database_url: str,
) -> None:
    with routing_at(database_url, agreement=OVERFLOWS) as place:
        await place.team("enterprise", "ben", "bea", calendar="berlin")
        await place.team("inside", "cy", calendar="new-york")
        await place.team("inside", "di", calendar="berlin")
        place.clock.at = NIGHT
        await place.offered("a", "b", "c", segment="enterprise")
        assert await held(place, "a", "b", "c") == {"cy": 3}
        assert await infeasible(place) == ""
        assert await why_not(place, "a") == {"bea": IN_BERLIN, "ben": IN_BERLIN, "cy": "", "di": IN_BERLIN}
        name = decisions.name_of(lead_id("a"), 1)
        assert (await place.service.read(lambda tx: decisions.replay(tx, name, {}))).differs == []
        await place.offered("d", segment="enterprise")
        assert await place.holder("d") in ("bea", "ben"), "who could be in time there is at their cap"


async def test_who_is_at_work_for_too_short_a_time_is_passed_over_too(database_url: str) -> None:
    with routing_at(database_url, agreement=OVERFLOWS) as place:
        await place.team("enterprise", "bea", calendar="berlin", absences="2026-11-02/2026-11-03 pto")
        await place.team("inside", "cy", calendar="new-york")
        await place.team("inside", "di")
        place.clock.at = utc("2026-11-02T22:58")  # New York leaves in two minutes
        await place.offered("a", "b", segment="enterprise")
        assert await held(place, "a", "b") == {"di": 2}
        said = await why_not(place, "a")
        assert said["cy"] == "is at work for too short a time before 2026-11-03 02:58:00 UTC"
        assert said["bea"] == "absent until Wed 04 Nov 09:00 Europe/Berlin"
