"""What a lead could do, or turn out to be, that changes its score: tried by the agreement's own rules."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import permutations
from typing import Any, NamedTuple, TypeAlias

from services.scoring.domain.asked import Example, asked_by
from shared.agreement import Agreement, Facts, PointsRule
from shared.agreement.alike import Alike, by_words

_Found: TypeAlias = tuple[dict[str, Any], list[PointsRule]]
"""Facts that were unknown, and the rules of fit that hold with them."""


class Deed(NamedTuple):
    """One activity, now, that a rule asks for. `rules`: all that give points for it, or take some away.

    `points` are what they give without caps.
    """

    name: str
    rules: tuple[PointsRule, ...]
    points: int


class Find(NamedTuple):
    """Facts that nobody knows, what they would add to the fit, and how that is said.

    `beside`: all that some condition asks for together with them.
    """

    words: str
    facts: frozenset[str]
    points: int
    beside: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """All that would change a lead's score: fast lanes by their names, activities, facts.

    `required`: what an MQL must have and nobody knows; None if nobody can tell what comes of it. At its
    plainest it adds `required_points` to the fit, and the other facts what they add besides.
    """

    lanes: tuple[str, ...]
    deeds: tuple[Deed, ...]
    finds: tuple[Find, ...]
    required: tuple[str, ...] | None
    required_points: int


def options_of(facts: Facts, agreement: Agreement) -> Options:
    """The options of a lead that is not set aside."""
    return _options_by(agreement, asked_by(agreement).findable.difference(facts))(facts)


@lru_cache(maxsize=256)
def _options_by(agreement: Agreement, unknown: frozenset[str]) -> Callable[[Facts], Options]:
    """What finds the options of leads of which the same is unknown: most of those have the same."""
    asked = asked_by(agreement)
    depends = asked.with_deeds.union(*(names for names in asked.together if names & unknown)) - unknown
    return Alike(by_words(_with_clock(depends)), partial(_options, agreement, unknown)).of


def _options(agreement: Agreement, unknown: frozenset[str], facts: Facts) -> Options:
    lanes, deeds = _doings_by(agreement)(facts)
    tried = _Trial(agreement, unknown, facts)
    required, finds = tried.required(), tried.finds()
    return Options(
        lanes=lanes,
        deeds=deeds,
        finds=tuple(found for find in finds if (found := _besides(find, required or ())) is not None),
        required=None if required is None else tuple(one.words for one in required),
        required_points=sum(one.points for one in required or ()),
    )


@lru_cache(maxsize=8)
def _doings_by(agreement: Agreement) -> Callable[[Facts], tuple[tuple[str, ...], tuple[Deed, ...]]]:
    """What finds the fast lanes and activities, which few leads have for themselves alone."""

    def doings(facts: Facts) -> tuple[tuple[str, ...], tuple[Deed, ...]]:
        tried = _Trial(agreement, frozenset(), facts)
        return tuple(tried.lanes()), tuple(tried.deeds())

    return Alike(by_words(_with_clock(asked_by(agreement).with_deeds)), doings).of


def _with_clock(names: frozenset[str]) -> frozenset[str]:
    return names | {"now"} if "captured.at" in names else names


def _besides(find: Find, required: Sequence[Find]) -> Find | None:
    """The facts with what they add besides what is required; None if that can not be told, or is nothing."""
    apart = [one for one in required if not one.facts <= find.facts]
    points = find.points - sum(one.points for one in required if one.facts <= find.facts)
    can_be_told = all(one.facts.isdisjoint(find.beside) for one in apart)
    return find._replace(points=points) if can_be_told and points > 0 else None


class _Trial:
    """One lead, on which the examples of what an agreement asks for are tried."""

    def __init__(self, agreement: Agreement, unknown: frozenset[str], facts: Facts) -> None:
        self._agreement, self._asked = agreement, asked_by(agreement)
        self._unknown, self._facts = unknown, facts
        self._fit = agreement.fit_for(facts)

    def lanes(self) -> Iterator[str]:
        """The fast lanes that an activity takes."""
        for lane, some in self._asked.lanes:
            if any(self._lane_of(done) == lane for done in self._done(some)):
                yield lane

    def deeds(self) -> Iterator[Deed]:
        """Of each rule the plainest activity that meets it. What takes a fast lane needs no points."""
        for rule, some in self._asked.deeds:
            slow = (done for done in self._done(some) if self._lane_of(done) is None)
            met = [_deed(rule.name, self._agreement.engagement_for(done)) for done in slow]
            found = [one for one in met if rule in one.rules]
            plainest = min(found, key=lambda one: (len(one.rules), -one.points), default=None)
            if plainest is not None and plainest.points > 0:
                yield plainest

    def finds(self) -> Iterator[Find]:
        """Of each rule the plainest facts that meet it."""
        for (rule, some), asked in zip(self._asked.finds, self._asked.together, strict=False):
            tried = [(found, fit) for found, fit in self._found(some, {}) if rule in fit]
            worth = [one for one in tried if rule not in self._fit]
            if worth:
                plainest = min(worth, key=partial(_how_plain, self._fit))
                unknown = " and ".join(sorted(asked & plainest[0].keys()))
                yield self._find(f"'{rule.name}' ({unknown} unknown)", self._fit, plainest)

    def required(self) -> tuple[Find, ...] | None:
        """What an MQL must have and nobody knows, one after the other, each as plain as can be."""
        known: dict[str, Any] = {}
        fit, needed = self._fit, list[Find]()
        for name, some in self._asked.required.items():
            if name in self._facts or name in known:
                continue
            tried = [one for one in self._found(some, known) if name in one[0]]
            if not tried:
                return None
            found = min(tried, key=partial(_how_plain, fit))
            needed.append(self._find(name, fit, found))
            known, fit = {**known, **found[0]}, found[1]
        apart = all(one.facts.isdisjoint(other.beside) for one, other in permutations(needed, 2))
        return tuple(needed) if apart else None

    def _done(self, some: Sequence[Example]) -> Iterator[dict[str, Any]]:
        """The activities that set the lead not aside, as rules meet them."""
        now = self._facts.get("now")
        for deed in some:
            done = {**self._facts, **deed, "activity.at": now, "now": now}
            if self._agreement.set_aside_for(done) is None:
                yield done

    def _lane_of(self, done: Facts) -> str | None:
        return self._agreement.fast_lane_for(done)

    def _found(self, some: Sequence[Example], known: Example) -> Iterator[_Found]:
        """What is new in each example, with the rules that then hold, if nothing else comes of it."""
        met = self._asked.met
        for example in some:
            new = {name: value for name, value in example.items() if name in self._unknown}
            facts = {**self._facts, **known, **new}
            facts["segment"] = self._agreement.segment_of(facts)
            if met(new) == met({}) and self._agreement.set_aside_for(facts) is None:
                yield new, self._agreement.fit_for(facts)

    def _find(self, words: str, before: Sequence[PointsRule], found: _Found) -> Find:
        facts, fit = frozenset(found[0]), found[1]
        beside = facts.union(*(names for names in self._asked.together if names & facts))
        return Find(words, facts, _more(before, fit), beside)


def _deed(name: str, rules: Sequence[PointsRule]) -> Deed:
    return Deed(name, tuple(rules), sum(rule.points for rule in rules))


def _how_plain(before: Sequence[PointsRule], found: _Found) -> tuple[int, int, int]:
    """The fewest facts that change the fewest rules: that one ceases to hold is no part of another."""
    facts, fit = found
    return len(facts), len({*before} ^ {*fit}), -sum(rule.points for rule in fit)


def _more(before: Sequence[PointsRule], after: Sequence[PointsRule]) -> int:
    return sum(rule.points for rule in after) - sum(rule.points for rule in before)
