"""The shortest ways to an MQL: the fewest things that must be true of a lead, or that it must do."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations_with_replacement, islice
from typing import Final

from shared.agreement.agreement import Agreement
from shared.agreement.building.score import PointsRule
from shared.agreement.checks.kinds import Deed, Kinds, Lead

STEPS_MAX: Final = 8
"""Nobody calls more than this a way."""

_RULES_MAX: Final = 10
_CHOSEN_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Way:
    """A fast lane; or all fit rules that a lead meets and activities, by their rules, all at one instant."""

    fast_lane: str = ""
    fit: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    score: int = 0
    grade: str = ""

    @property
    def steps(self) -> int:
        """How many things it takes."""
        return 1 if self.fast_lane else len(self.fit) + len(self.activities)

    def __str__(self) -> str:
        if self.fast_lane:
            return f"{self.fast_lane} (fast lane, whatever the score)"
        often = Counter(self.activities).items()
        done = [name if times == 1 else f"{times} × {name}" for name, times in often]
        return f"{' + '.join([*self.fit, *done])}: score {self.score}, grade {self.grade}"


def shortest_ways(agreement: Agreement, count: int = 3) -> list[Way]:
    """The `count` ways with the fewest steps; of equal ones, the highest scores. None is part of another."""
    kinds = Kinds(agreement)
    return list(islice(chain(_fast_ways(agreement, kinds), _scored_ways(agreement, kinds)), count))


def _fast_ways(agreement: Agreement, kinds: Kinds) -> Iterator[Way]:
    taken = {done.lane for lead in kinds.leads[0] for done in kinds.deeds(lead)}
    for lane in agreement.fast_lanes:
        if lane.name in taken:
            yield Way(fast_lane=lane.name)


def _scored_ways(agreement: Agreement, kinds: Kinds) -> Iterator[Way]:
    beside, *others = kinds.leads
    groups = _few(others)
    slow = [(lead, _best([done for done in kinds.deeds(lead) if done.lane is None])) for lead in beside]
    found: list[Way] = []
    for steps in range(STEPS_MAX + 1):
        new = [
            way
            for lead, deeds in slow
            for leads in _leads([[lead], *groups], steps)
            for way in _with_deeds(agreement, leads, deeds, steps)
            if not any(_contains(way, shorter) for shorter in found)
        ]
        new.sort(key=lambda way: -way.score)
        found += new
        yield from new


def _few(groups: Sequence[Sequence[Lead]]) -> list[list[Lead]]:
    """The groups without kinds that nobody would aim at; of many groups only those that can give the most."""
    worth = [_worth(group) for group in groups]
    worth.sort(key=lambda group: -max((lead.points for lead in group), default=0))
    return [group if place < _RULES_MAX else group[:1] for place, group in enumerate(worth)]


def _worth(group: Sequence[Lead]) -> list[Lead]:
    """The kinds that somebody may aim at, the plainest first."""
    found: list[Lead] = []
    for lead in sorted(group, key=_plainest):
        if not _is_in_vain(lead, found):
            found.append(lead)
    return found


def _is_in_vain(lead: Lead, plainer: Sequence[Lead]) -> bool:
    """Whether a kind gives nothing, or is more of the same, and a plainer one gives as much."""
    if lead.points > 0 and all(rule.points > 0 for rule in lead.rules):
        return False  # Any fewer of its rules give less, which is quick to see: there may be thousands.
    better = (one for one in plainer if one.points >= lead.points and _plainest(one) < _plainest(lead))
    return any(lead.points <= 0 or set(one.rules) < set(lead.rules) for one in better)


def _plainest(lead: Lead) -> tuple[int, int]:
    return len(lead.rules), -lead.points


def _leads(groups: Sequence[Sequence[Lead]], rules: int) -> Iterator[tuple[Lead, ...]]:
    """A kind of each group, together with at most so many rules."""
    if not groups:
        yield ()
        return
    for lead in groups[0]:
        if len(lead.rules) <= rules:
            yield from ((lead, *others) for others in _leads(groups[1:], rules - len(lead.rules)))


def _with_deeds(
    agreement: Agreement, leads: Sequence[Lead], slow: Sequence[Deed], steps: int
) -> Iterator[Way]:
    """The ways of such a lead with so many steps, if there are any."""
    rules = [rule for lead in leads for rule in lead.rules]
    fit = sum(rule.points for rule in rules)
    grade = agreement.grade_of(fit)
    if grade > agreement.mql.grade_at_least:
        return
    names = {rule.name for rule in rules}
    for done in _choices(slow, steps - len(rules)):
        score = agreement.score_weights.score_of(fit, min(agreement.engagement_cap, _points(done)))
        if score >= agreement.mql.score_at_least:
            yield Way(
                fit=tuple(rule.name for rule in agreement.sections.fit.choices if rule.name in names),
                activities=tuple(map(_in_words, done)),
                score=score,
                grade=grade,
            )


def _in_words(deed: Deed) -> str:
    first, *others = _most_first(deed)
    return f"{first.name} (also {', '.join(rule.name for rule in others)})" if others else first.name


def _most_first(deed: Deed) -> list[PointsRule]:
    return sorted(deed.rules, key=lambda rule: -rule.points)


def _choices(slow: Sequence[Deed], count: int) -> Iterator[tuple[Deed, ...]]:
    """Few activities in every way; of many, only those that give the most."""
    if count <= _CHOSEN_MAX:
        yield from combinations_with_replacement(slow, count)
        return
    done: list[Deed] = []
    for _ in range(count if slow else 0):
        done.append(max(slow, key=lambda deed: _points([*done, deed])))
    yield tuple(done)


def _points(done: Sequence[Deed]) -> int:
    """What is given for all of this at one instant."""
    times = Counter(rule for deed in done for rule in deed.rules)
    return sum(_given(rule, often) for rule, often in times.items())


def _given(rule: PointsRule, often: int) -> int:
    points = abs(rule.points) * often
    most = points if rule.at_most is None else min(points, rule.at_most.points)
    return most if rule.points > 0 else -most


def _best(deeds: Sequence[Deed]) -> list[Deed]:
    """Of activities that give points for the same rule before all, the one that gives the most."""
    best: dict[PointsRule, Deed] = {}
    for deed in sorted(deeds, key=lambda deed: -deed.points):
        if deed.points > 0:
            best.setdefault(_most_first(deed)[0], deed)
    return list(best.values())[:_RULES_MAX]


def _contains(way: Way, shorter: Way) -> bool:
    return set(shorter.fit) <= set(way.fit) and Counter(shorter.activities) <= Counter(way.activities)
