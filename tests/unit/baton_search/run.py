"""Runs one scenario through the search, over one lead or over two that become one."""

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.unit.baton_search.cast import Event
from tests.unit.baton_search.invariants import wrong_merge
from tests.unit.baton_search.search import WORLD, Game, Lead, Step

Node = tuple[Lead, ...]


class Scenario(NamedTuple):
    """A lead's beginning, and what may happen to it later, in any order. `other`: the lead it is one with."""

    name: str
    first: Event
    moves: tuple[str, ...]
    other: "Scenario | None" = None
    returns_at_most: int = 1


class Found(NamedTuple):
    """How many states were seen, and the shortest story of each kind of violation."""

    states: int
    stories: dict[str, list[str]]


class Run:
    """One search. It stops at the first violation unless it is asked for all kinds."""

    def __init__(self, rules: Any, scenario: Scenario) -> None:
        self.game = Game(rules, scenario.returns_at_most)
        leads = [self.game.start("first lead", scenario.moves, scenario.first)]
        if scenario.other is not None:
            leads.append(self.game.start("second lead", scenario.other.moves, scenario.other.first))
        self.root: Node = tuple(leads)
        self.came: dict[Node, tuple[Node, int, tuple[Any, ...]] | None] = {self.root: None}
        self.known_steps: dict[Lead, tuple[Step, ...]] = {}

    def search(self, *, all_kinds: bool = False, states_at_most: int = 10_000_000) -> Found:
        stories: dict[str, list[str]] = {}
        queue = deque([self.root])
        while queue and (all_kinds or not stories) and len(self.came) <= states_at_most:
            node = queue.popleft()
            quiet = True
            for index, step in self.steps(node):
                quiet = quiet and not step.due
                after = self.after(node, index, step)
                if after in self.came:
                    continue
                self.came[after] = (node, index, step.words)
                if step.wrong:
                    stories.setdefault(step.wrong, self.story(after))
                else:
                    queue.append(after)
            wrong = self.at_rest(node) if quiet else ""
            if wrong:
                stories.setdefault(wrong, self.story(node))
        return Found(len(self.came), stories)

    def steps(self, node: Node) -> Iterator[tuple[int, Step]]:
        for index, lead in enumerate(node):
            known = self.known_steps.get(lead)
            if known is None:
                known = tuple(self.game.steps(lead))
                if len(node) > 1:
                    self.known_steps[lead] = known
            for step in known:
                yield index, step

    def after(self, node: Node, index: int, step: Step) -> Node:
        if len(node) == 1:
            return (step.after,)
        leads = list(node)
        leads[index] = step.after
        for topic, event in step.across:
            name = self.game.worlds.values[step.after[WORLD]].name
            about = self.game.events(self.game.events.values[event]._replace(why=name))
            leads[1 - index] = self.game.said(leads[1 - index], topic, about)
        return tuple(leads)

    def at_rest(self, node: Node) -> str:
        wrong = next((bad for bad in map(self.game.at_rest, node) if bad), "")
        if wrong or len(node) == 1:
            return wrong
        absorbed, survivor = node
        return wrong_merge(self.game.worlds.values[absorbed[WORLD]], self.game.recycle_of(survivor))

    def story(self, node: Node) -> list[str]:
        """What happened, step by step, in words."""
        words: list[str] = []
        came = self.came[node]
        while came is not None:
            before, index, step = came
            lead = f"{('first', 'second')[index]} lead: " if len(node) > 1 else ""
            words.append(lead + self.game.in_words(step))
            came = self.came[before]
        return words[::-1]
