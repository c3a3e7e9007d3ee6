"""What each way of choosing does with each obstacle, and who has what waited once the obstacle is gone."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import pytest

from services.routing.domain.people.pause import Kind
from services.routing.handlers import decisions, pauses
from services.routing.handlers.pauses import Word
from shared.contracts.values import Account
from shared.testing.leads import lead_id
from tests.service.routing_place import RoutingPlace, at_acme, routing_at
from tests.service.test_routing_who_can import agreed

QUEUE, OTHERS, EXECUTIVES = "queue of inside", "queue of enterprise", "queue of executives"
KNOWN_OWNER: Final = "    - {name: known owner, when: {account.owner: known}, to: {person: account.owner}}\n"
FILLED: Final = "    - {name: filling, when: {source: filling}, to: {team: %s}}\n"
BOBS = Account(domain="northwind.example", owner=at_acme("bob"))
Act = Callable[["Someone"], Awaitable[None]]


class Someone:
    """The only member of a team, whom something keeps from taking a lead."""

    def __init__(self, place: RoutingPlace, name: str, team: str) -> None:
        self.place, self.name, self.team = place, name, team

    async def hired(self, **more: str) -> None:
        await self.place.team(self.team, self.name, **more)
        await self.place.pass_time(timedelta(0))

    async def pause(self, kind: Kind, name: str) -> None:
        await self.hired()
        await self.place.tx(lambda tx: pauses.pause(tx, Word(kind, name, "sam", "of court")))

    async def resume(self, kind: Kind, name: str) -> None:
        await self.place.tx(lambda tx: pauses.resume(tx, Word(kind, name, "sam", "of a verdict")))
        await self.place.pass_time(timedelta(0))

    async def fill(self) -> None:
        await self.hired()
        await self.place.offered("full", source="filling")
        assert await self.place.holder("full") == self.name

    async def close(self) -> None:
        await self.place.do("reject", self.name, "full", reason="not-a-lead", note="", duplicate_of=None)
        await self.place.pass_time(timedelta(0))


async def _nothing(_: Someone) -> None:
    pass


OBSTACLES: Final[dict[str, tuple[Act, Act]]] = {
    "team paused": (lambda one: one.pause("team", one.team), lambda one: one.resume("team", one.team)),
    "rep paused": (
        lambda one: one.pause("rep", at_acme(one.name)),
        lambda one: one.resume("rep", at_acme(one.name)),
    ),
    "off shift": (
        lambda one: one.hired(calendar="denver"),
        lambda one: one.place.pass_time(timedelta(hours=3)),
    ),
    "away": (
        lambda one: one.hired(absences="2026-10-01/2026-11-02 pto", zone="UTC"),
        lambda one: one.place.pass_time(timedelta(hours=12)),
    ),
    "at cap": (Someone.fill, Someone.close),
    "nobody": (_nothing, Someone.hired),
}
"""How it begins, and how it ends."""

FIRST_OPEN = "first_open: [inside, enterprise]"
WAYS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    # The team's words, and the rule's: who has it, by what keeps bob from taking it. Eve could.
    ("turn: fair", "team: inside"): (QUEUE, QUEUE, "bob", QUEUE, QUEUE, QUEUE),
    ("turn: least_loaded", "team: inside"): (QUEUE, QUEUE, "bob", QUEUE, QUEUE, QUEUE),
    ("turn: owner_first", "team: inside"): (QUEUE, QUEUE, "bob", QUEUE, QUEUE, QUEUE),
    ("nobody_available: overflow:enterprise", "team: inside"): (QUEUE, "eve", "bob", "eve", "eve", "eve"),
    ("nobody_available: assign_anyway", "team: inside"): (QUEUE, QUEUE, "bob", "bob", "bob", QUEUE),
    ("nobody_available: queue", "queue: inside"): (QUEUE,) * 6,
    ("turn: fair", "team: inside, else: queue"): (QUEUE, QUEUE, "bob", QUEUE, QUEUE, QUEUE),
    ("turn: fair", "team: inside, else: {queue: enterprise}"): (QUEUE, OTHERS, "bob", OTHERS, OTHERS, OTHERS),
    ("turn: fair", "team: inside, else: {team: enterprise}"): (QUEUE, "eve", "bob", "eve", "eve", "eve"),
    ("turn: fair", FIRST_OPEN): ("eve",) * 6,
    ("turn: fair", "first_open: [inside], else: {team: enterprise}"): ("eve",) * 6,
    ("turn: fair", "first_open: [inside], else: {queue: enterprise}"): (OTHERS,) * 6,
    ("nobody_available: assign_anyway", "first_open: [inside], else: queue"): (QUEUE,) * 6,
    ("turn: fair", "first_open: [inside]"): (QUEUE,) * 6,
    ("nobody_available: assign_anyway", "first_open: [inside]"): (QUEUE, QUEUE, "bob", "bob", "bob", QUEUE),
    ("nobody_available: overflow:enterprise", "first_open: [inside]"): (QUEUE, *("eve",) * 5),
}


def written(inside: str, to: str, filled: str = "inside", enterprise: str = "turn: fair") -> str:
    """An agreement whose teams give each member one lead, and whose clocks run for longer than a test."""
    one = "at_most: {open: 1}"
    text = agreed(f"{one}\n      {inside}", f"{{name: rest, to: {{{to}}}}}", f"{one}, {enterprise}")
    text = text.replace(KNOWN_OWNER, FILLED % filled)
    return text.replace("queue_within: 30m", "queue_within: 9d").replace(
        "accept_within: 4h", "accept_within: 9d"
    )


async def same(place: RoutingPlace, number: int = 1) -> bool:
    name = decisions.name_of(lead_id("ana"), number)
    return not (await place.service.read(lambda tx: decisions.replay(tx, name, {}))).differs


@pytest.mark.parametrize("way", WAYS, ids=", ".join)
@pytest.mark.parametrize("obstacle", OBSTACLES)
async def test_who_has_a_lead_is_as_promised_whatever_keeps_the_only_member_from_it(
    way: tuple[str, str], obstacle: str
) -> None:
    with routing_at("sqlite://", agreement=written(*way)) as place:
        await place.team("enterprise", "eve")
        await OBSTACLES[obstacle][0](Someone(place, "bob", "inside"))
        await place.offered("ana", account=BOBS)
        assert await place.holder() == WAYS[way][[*OBSTACLES].index(obstacle)]
        assert await same(place)


@pytest.mark.parametrize("obstacle", OBSTACLES)
@pytest.mark.parametrize(
    ("inside", "to"),
    [
        ("turn: fair", FIRST_OPEN),
        ("turn: fair", "first_open: [inside], else: {first_open: [enterprise]}"),
        ("turn: fair", "team: inside, else: {team: enterprise, else: queue}"),
        ("nobody_available: overflow:enterprise", "team: inside"),
        ("nobody_available: overflow:enterprise", "first_open: [inside]"),
    ],
)
async def test_what_waits_goes_out_as_soon_as_anybody_can_take_it_of_the_teams_that_may_have_it(
    database_url: str, inside: str, to: str, obstacle: str
) -> None:
    with routing_at(database_url, agreement=written(inside, to, filled="enterprise")) as place:
        bob, eve = Someone(place, "bob", "inside"), Someone(place, "eve", "enterprise")
        await bob.pause("rep", at_acme("bob"))
        await OBSTACLES[obstacle][0](eve)
        await place.offered("ana")
        if obstacle != "off shift" or "first_open" in to:
            assert (await place.holder()).startswith("queue of")
        await OBSTACLES[obstacle][1](eve)
        assert await place.holder() == "eve"


BOTH_WAIT: Final = [
    # Bob is paused and Eve too, with her team or by herself: who has it, and who answers.
    ("turn: fair", FIRST_OPEN, "inside", OTHERS, "eva"),
    ("turn: fair", FIRST_OPEN, "enterprise", QUEUE, "dora"),
    ("turn: fair", FIRST_OPEN, "both", QUEUE, "dora"),
    ("turn: fair", "first_open: [inside], else: {team: enterprise}", "both", QUEUE, "dora"),
    ("turn: fair", "team: inside, else: {team: enterprise}", "enterprise", QUEUE, "dora"),
    ("turn: fair", "team: inside, else: {team: enterprise, else: queue}", "", OTHERS, "eva"),
    (
        "turn: fair",
        "team: inside, else: {team: enterprise, else: {queue: executives}}",
        "",
        EXECUTIVES,
        "alba",
    ),
    ("nobody_available: overflow:executives", "team: inside, else: {team: enterprise}", "", "al", "al"),
    ("nobody_available: overflow:executives", "team: inside, else: {person: account.owner}", "", "al", "al"),
    (
        "nobody_available: overflow:executives",
        "team: inside, else: {team: enterprise, else: queue}",
        "",
        OTHERS,
        "eva",
    ),
]


@pytest.mark.parametrize(("inside", "to", "paused", "has", "answers"), BOTH_WAIT)
async def test_where_it_waits_if_nobody_can_have_it_and_who_answers(
    inside: str, to: str, paused: str, has: str, answers: str
) -> None:
    with routing_at("sqlite://", agreement=written(inside, to)) as place:
        await place.team("executives", "al")
        for one in (Someone(place, "bob", "inside"), Someone(place, "eve", "enterprise")):
            await one.pause("rep", at_acme(one.name))
            if paused in (one.team, "both"):
                await one.pause("team", one.team)
        await place.offered("ana", account=BOBS)
        state = await place.state()
        assert await place.holder() == has
        assert state.custody.holder is not None
        assert state.custody.holder.answers == at_acme(answers)
        assert state.receipt is not None
        assert {at_acme("bob")} <= {one.person for one in state.receipt.candidates}
        assert await same(place)


async def test_else_comes_before_a_team_that_it_would_overflow_to(database_url: str) -> None:
    rule = "team: inside, else: {team: enterprise}"
    with routing_at(database_url, agreement=written("nobody_available: overflow:executives", rule)) as place:
        await place.team("executives", "al")
        await place.team("enterprise", "eve")
        await Someone(place, "bob", "inside").pause("rep", at_acme("bob"))
        await place.offered("ana")
        assert await place.holder() == "eve"


async def test_a_paused_deputy_does_not_answer_while_there_is_another(database_url: str) -> None:
    text = written("turn: fair", FIRST_OPEN).replace(
        "[eva@acme.example]", "[eva@acme.example, ed@acme.example]"
    )
    with routing_at(database_url, agreement=text) as place:
        await Someone(place, "eva", "executives").pause("rep", at_acme("eva"))
        await Someone(place, "bob", "inside").pause("team", "inside")
        await place.offered("ana")
        holder = (await place.state()).custody.holder
        assert holder is not None
        assert (holder.name, holder.answers) == ("enterprise", at_acme("ed"))


async def test_the_receipt_says_why_else_was_taken(database_url: str) -> None:
    with routing_at(
        database_url, agreement=written("turn: fair", "first_open: [inside], else: {team: enterprise}")
    ) as place:
        await place.team("enterprise", "eve")
        await Someone(place, "bob", "inside").pause("team", "inside")
        await place.offered("ana")
        receipt = (await place.state()).receipt
        assert receipt is not None
        assert receipt.note == "nobody is at work who can take it in inside; Eve has the turn in enterprise"
        assert [(one.person, one.why_not) for one in receipt.candidates] == [
            (at_acme("bob"), "inside is paused because of court, by sam"),
            (at_acme("eve"), ""),
        ]


CLOSERS: Final = "    - {name: closers, lead: alba@acme.example, deputy: [alba@acme.example]}\n"
HANDED: Final = [
    # What keeps Al, the only executive, from being asked, and Eve, of the enterprise team; who is asked.
    ("team: executives, else: {team: enterprise}", "off shift", "", "al"),
    ("team: executives, else: {team: enterprise}", "nobody", "", "eve"),
    ("team: executives, else: {team: enterprise}", "team paused", "", "alba"),
    ("team: executives, else: {first_open: [enterprise, closers]}", "nobody", "off shift", "bo"),
    ("team: executives, else: {first_open: [enterprise, closers]}", "nobody", "team paused", "bo"),
]


@pytest.mark.parametrize(("to", "als", "eves", "asked"), HANDED)
async def test_a_hand_off_goes_by_the_same_promises(to: str, als: str, eves: str, asked: str) -> None:
    text = written("turn: fair", "team: inside").replace("{to: {team: executives}}", f"{{to: {{{to}}}}}")
    text = text.replace("    - {name: enterprise, lead", f"{CLOSERS}    - {{name: enterprise, lead", 1)
    with routing_at("sqlite://", agreement=text) as place:
        await place.team("inside", "bob")
        await place.offered("ana")
        await place.do("accept", "bob")
        await place.team("closers", "bo")
        await place.team("enterprise", "eve")
        await OBSTACLES[als][0](Someone(place, "al", "executives"))
        if eves:
            await OBSTACLES[eves][0](Someone(place, "eve", "enterprise"))
        await place.do("qualify", "bob", answers={"need": "a new line", "timeline": "spring"})
        state = await place.state()
        assert state.handoff is not None
        assert state.handoff.to == at_acme(asked)
        assert await same(place, 2)
