"""One team and leads that come to it, without a database: who gets them, and what the debt ledger says."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from msgspec.structs import replace

from services.routing.domain.choosing.ledger import give_back, given, turn_taken
from services.routing.domain.choosing.members import in_team
from services.routing.domain.choosing.obstacles import NOTHING, Asked
from services.routing.domain.choosing.place import Place
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.bench import Bench, Rep
from services.routing.domain.scene import Scene
from services.routing.domain.turns.fairness import Count, Member, fairness
from services.routing.domain.turns.tally import Entry, TeamTurn
from services.routing.domain.turns.turn import Owed, Throw
from shared.agreement import Agreement, load_text
from shared.baton import Custody
from shared.contracts.values import RouteReceipt
from shared.testing.leads import NOON, lead_id
from tests.service.routing_place import AGREEMENT, SNAPSHOT

PLAIN = "at_most: {open: 3}"
DORA = "dora@acme.example"
VALUES = "  values: [{when: {segment: enterprise}, counts: 5}]\n"


@cache
def agreement_with(inside: str) -> Agreement:
    """Team `inside` with these fields."""
    assert PLAIN in AGREEMENT
    text = AGREEMENT.replace(f"      {PLAIN}\n", f"      {inside}\n" if inside else "")
    return load_text(text.replace("routing:\n", f"routing:\n{VALUES}", 1))


@dataclass
class Desk:
    """Team `inside`. Who is in `away` is so for now, and `load` says how many leads somebody has open."""

    weights: Mapping[str, int]
    inside: str = ""
    away: set[str] = field(default_factory=set)
    load: dict[str, int] = field(default_factory=dict)
    people: dict[str, Rep] = field(default_factory=dict)
    turns: TeamTurn = field(init=False)
    entries: list[Entry] = field(default_factory=list)
    now: datetime = NOON
    leads: int = 0

    def __post_init__(self) -> None:
        self.turns = TeamTurn(self.weights, Owed())

    @property
    def bench(self) -> Bench:
        """A bench for one transaction."""
        known = {who: self.people.get(who, Rep(who, active=True)) for who in (*self.weights, DORA)}
        gone = {who: _gone(rep) for who, rep in known.items() if who in self.away}
        self.turns = TeamTurn(self.weights, self.turns.owed, self.turns.tallies)
        return Bench(
            frozenset([DORA]),
            teams={"inside": self.turns},
            people={**known, **gone},
            load=dict(self.load),
        )

    def offered(
        self, leads: int = 1, *, asked: Asked = NOTHING, batch: int = 1, **story: object
    ) -> list[str]:
        """So many leads, given out in transactions of `batch`. Returns who has each."""
        got = []
        while leads:
            bench = self.bench
            for _ in range(min(batch, leads)):
                got.append(self._one(bench, asked, story)[1].holder.name)
                leads -= 1
            self._end(bench)
        return got

    def placed(self, *, asked: Asked = NOTHING, **story: object) -> Place:
        """One lead: where it goes, and why."""
        bench = self.bench
        _, place = self._one(bench, asked, story)
        self._end(bench)
        return place

    def rejected(self, reason: str = "wrong-team", **story: object) -> None:
        """One lead is given, and its turn is given back."""
        bench = self.bench
        scene, place = self._one(bench, NOTHING, story)
        receipt = RouteReceipt(
            agreement="acme@1",
            at=self.now,
            why="new",
            team="inside",
            turn=dict(place.turn),
            worth=place.claim.turn.worth if place.claim.turn is not None else 1,
        )
        lead = RoutedLead(custody=Custody(holder=place.holder), snapshot=SNAPSHOT, receipt=receipt)
        give_back(turn_taken(lead), lead, reason, scene)
        self._end(bench)

    def members(self) -> dict[str, Member]:
        """What the ledger says of each."""
        lines = Counter((entry.person, entry.kind) for entry in self.entries)
        worth = Counter[tuple[str, str]]()
        for entry in self.entries:
            worth[entry.person, entry.kind] += entry.worth
        counts = {key: Count(number, worth=worth[key]) for key, number in lines.items()}
        found = fairness(self.weights, self.turns.owed, self.turns.tallies, counts)
        return {member.person: member for member in found}

    def lines(self, kind: str) -> list[Entry]:
        """The ledger's lines of a kind."""
        return [entry for entry in self.entries if entry.kind == kind]

    def _one(self, bench: Bench, asked: Asked, story: Mapping[str, object]) -> tuple[Scene, Place]:
        self.leads += 1
        name = lead_id(f"lead-{self.leads}")
        dice = lambda which: Throw(f"{name}/{which}")  # noqa: E731
        scene = Scene(name, self.now, agreement_with(self.inside), bench, dice)
        lead = RoutedLead(snapshot=replace(SNAPSHOT, **story) if story else SNAPSHOT)
        place = in_team("inside", lead, scene, asked)
        given(lead, place, scene)
        return scene, place

    def _end(self, bench: Bench) -> None:
        self.turns.settle()
        self.entries += bench.entries
        self.now += timedelta(seconds=1)


def _gone(rep: Rep) -> Rep:
    """Somebody who is away for now, as far as a lead is concerned."""
    return Rep(rep.person, rep.name, False, rep.notify, rep.languages, rep.details)


def people(*who: Rep) -> dict[str, Rep]:
    """By name."""
    return {rep.person: rep for rep in who}


def shares(got: Iterable[str]) -> dict[str, int]:
    """How many each has."""
    return dict(Counter(got))
