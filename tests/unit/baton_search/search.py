"""The search: every reachable state, breadth first, so that the first violation found has the shortest story.

States are tuples of small numbers: whatever a service knows, every message and every queue is kept once.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.unit.baton_search import outside
from tests.unit.baton_search.cast import (
    CHANNELS,
    CHANNELS_OF,
    INGEST,
    RECYCLE,
    SERVICES,
    Cast,
    Event,
    Reaction,
)
from tests.unit.baton_search.invariants import wrong_at_rest, wrong_now
from tests.unit.baton_search.outside import Outside
from tests.unit.baton_search.recycle import Recycle
from tests.unit.baton_search.routing import Routing
from tests.unit.baton_search.scoring import Scoring

Lead = tuple[int, ...]
"""What scoring, routing and recycle know, the world, a message that may come again, a queue per channel."""
WORLD, AGAIN, FIRST_QUEUE = 3, 4, 5
_EMPTY, _NO_STRAY = 0, 0


class Step(NamedTuple):
    """One step of one lead. `across`: what is said about the other lead. `due`: it will surely happen."""

    words: tuple[Any, ...]
    after: Lead
    across: tuple[tuple[int, int], ...]
    due: bool
    wrong: str


class Kept:
    """Keeps every value once, and gives it a number."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.numbers: dict[Any, int] = {}

    def __call__(self, value: Any) -> int:
        number = self.numbers.get(value)
        if number is None:
            number = self.numbers[value] = len(self.values)
            self.values.append(value)
        return number


class Game:
    """The rules of one search: what can happen next to one lead. It remembers every answer it has given."""

    def __init__(self, rules: Any, returns_at_most: int = 1) -> None:
        self.rules, self.returns_at_most = rules, returns_at_most
        self.cast = Cast(rules)
        self.services = (Scoring(rules, self.cast), Routing(rules, self.cast), Recycle(rules, self.cast))
        self.locals = (Kept(), Kept(), Kept())
        self.worlds, self.events, self.strays, self.queues = Kept(), Kept(), Kept(), Kept()
        self.strays(None)
        self.queues(())
        self.reactions: dict[tuple[int, int, int], Any] = {}
        self.hearings: dict[tuple[int, int, int], tuple[int, str]] = {}
        self.pushes: dict[tuple[int, int], int] = {}
        self.heads: dict[int, tuple[int, int]] = {}
        self.dues: dict[tuple[int, int], tuple[int, ...]] = {}
        self.moves: dict[int, tuple[tuple[str, int, int, int], ...]] = {}
        self.nows: dict[Lead, str] = {}

    # ---- one lead

    def start(self, name: str, moves: tuple[str, ...], first: Event) -> Lead:
        """A lead that ingest has just captured."""
        opening = self.rules.Handover(kind="open", number=1, taker=self.cast.intake, seen=1)
        captured = first._replace(kind="captured", handover=opening, seq=1, fast=int(first.fast))
        world = Outside(name, moves, number=1, owner=self.cast.intake, denied=first.why == "denied")
        scoring, routing, recycle = self.services
        starts = (scoring.start(), routing.start(), recycle.start(self.returns_at_most))
        known = [keep(local) for keep, local in zip(self.locals, starts, strict=True)]
        queues = [_EMPTY] * len(CHANNELS)
        lead = (*known, self.worlds(world), _NO_STRAY, *queues)
        return self.said(lead, INGEST, self.events(captured))

    def steps(self, lead: Lead) -> Iterator[Step]:
        """Everything that can happen next."""
        for channel, queue in enumerate(lead[FIRST_QUEUE:]):
            if queue:
                yield from self.deliveries(lead, channel, queue)
        for service in range(3):
            for event in self.due(service, lead[service]):
                yield from self.stepped(("clock", service, event), lead, service, event, due=True)
        for words, service, event, after in self.possible(lead[WORLD]):
            there = (*lead[:WORLD], after, *lead[AGAIN:])
            if service == INGEST or self.events.values[event].kind == "absorbed":
                yield Step((words,), self.said(there, service, event), (), False, "")
            else:
                yield from self.stepped((words,), there, service, event, may_refuse=True)
        if lead[AGAIN]:
            channel, event = self.strays.values[lead[AGAIN]]
            done = (*lead[:AGAIN], _NO_STRAY, *lead[FIRST_QUEUE:])
            yield from self.stepped(("hears again", channel, event), done, CHANNELS[channel][1], event)

    def deliveries(self, lead: Lead, channel: int, queue: int) -> Iterator[Step]:
        event, rest = self.heads[queue]
        at = FIRST_QUEUE + channel
        after = (*lead[:at], rest, *lead[at + 1 :])
        reader = CHANNELS[channel][1]
        yield from self.stepped(("hears", channel, event), after, reader, event, due=True)
        world = self.worlds.values[lead[WORLD]]
        if "repeat" in world.moves and self.events.values[event].handover is not None:
            rest_of_moves = tuple(move for move in world.moves if move != "repeat")
            spent = self.worlds(world._replace(moves=rest_of_moves))
            stray = self.strays((channel, event))
            again = (*after[:WORLD], spent, stray, *after[FIRST_QUEUE:])
            yield from self.stepped(("hears, not for the last time,", channel, event), again, reader, event)

    def stepped(
        self, words: Any, lead: Lead, service: int, event: int, *, due: bool = False, may_refuse: bool = False
    ) -> Iterator[Step]:
        """A service reacts. A command that its rules refuse is no step."""
        key = (service, lead[service], event)
        reaction = self.reactions.get(key)
        if reaction is None:
            reaction = self.reactions[key] = self.react(service, lead[service], event, may_refuse)
        known, said, across, wrong, refused = reaction
        if refused:
            return
        after = (*lead[:service], known, *lead[service + 1 :])
        for one in said:
            world, bad = self.hear(after[WORLD], service, one)
            wrong = wrong or bad
            after = self.said((*after[:WORLD], world, *after[AGAIN:]), service, one)
        told = tuple((service, one) for one in across)
        if told and "merged" not in self.worlds.values[after[WORLD]].over:
            wrong = wrong or "ABSORBED, THOUGH IT WAS NEVER MERGED"
        yield Step(words, after, told, due, wrong or self.now(after))

    # ---- answers that are remembered

    def react(self, service: int, known: int, event: int, may_refuse: bool) -> Any:
        local = self.locals[service].values[known]
        try:
            reaction: Reaction = self.services[service].react(local, self.events.values[event])
        except self.rules.NotCustodian as refusal:
            wrong = "" if may_refuse else f"{SERVICES[service].upper()} FAILS: {refusal}"
            return known, (), (), wrong, may_refuse
        except Exception as failure:  # Whatever a broken rule does to a service, it is a violation.
            return known, (), (), f"{SERVICES[service].upper()} FAILS: {failure!r}", False
        after = self.locals[service](reaction.local)
        said = tuple(self.events(one) for one in reaction.said)
        across = tuple(self.events(one) for one in reaction.across)
        idle = may_refuse and after == known and not (said or across or reaction.wrong)
        return after, said, across, reaction.wrong, idle

    def hear(self, world: int, service: int, event: int) -> tuple[int, str]:
        key = (world, service, event)
        answer = self.hearings.get(key)
        if answer is None:
            before, one = self.worlds.values[world], self.events.values[event]
            after, wrong = outside.hear(before, service, one, self.cast)
            answer = self.hearings[key] = (self.worlds(after), wrong)
        return answer

    def said(self, lead: Lead, topic: int, event: int) -> Lead:
        """Put it into the queue of everyone who hears it."""
        channels = CHANNELS_OF[topic].get(self.events.values[event].kind, ())
        if not channels:
            return lead
        queues = list(lead)
        for channel in channels:
            at = FIRST_QUEUE + channel
            queues[at] = self.push(queues[at], event)
        return tuple(queues)

    def push(self, queue: int, event: int) -> int:
        longer = self.pushes.get((queue, event))
        if longer is None:
            longer = self.pushes[queue, event] = self.queued((*self.queues.values[queue], event))
        return longer

    def queued(self, events: tuple[int, ...]) -> int:
        number = self.queues(events)
        if number and number not in self.heads:
            self.heads[number] = (events[0], self.queued(events[1:]))
        return number

    def due(self, service: int, known: int) -> tuple[int, ...]:
        key = (service, known)
        if key not in self.dues:
            timers = self.services[service].timers(self.locals[service].values[known])
            self.dues[key] = tuple(self.events(one) for one in timers)
        return self.dues[key]

    def possible(self, world: int) -> tuple[tuple[str, int, int, int], ...]:
        if world not in self.moves:
            self.moves[world] = tuple(
                (move.words, move.service, self.events(move.event), self.worlds(move.after))
                for move in outside.moves(self.worlds.values[world])
            )
        return self.moves[world]

    def now(self, lead: Lead) -> str:
        key = lead[:WORLD]
        if key not in self.nows:
            self.nows[key] = wrong_now(*(self.locals[i].values[key[i]] for i in range(3)))
        return self.nows[key]

    def at_rest(self, lead: Lead) -> str:
        scoring, routing, recycle = (self.locals[i].values[lead[i]] for i in range(3))
        return wrong_at_rest(scoring, routing, recycle, self.worlds.values[lead[WORLD]], self.cast)

    # ---- words

    def in_words(self, words: tuple[Any, ...]) -> str:
        if len(words) == 1:
            return str(words[0])
        how, where, event = words
        what = self.events.values[event]
        if how == "clock":
            return f"{SERVICES[where]}'s clock: {what}"
        topic, reader = CHANNELS[where]
        return f"{SERVICES[reader]} {how} {SERVICES[topic]}: {what}"

    def recycle_of(self, lead: Lead) -> Any:
        return self.locals[RECYCLE].values[lead[RECYCLE]]
