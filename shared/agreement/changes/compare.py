"""Walks two agreements side by side; entries with names are compared by name, wherever they stand."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from shared.agreement.agreement import Agreement
from shared.agreement.changes.change import HEADINGS, Change, Kind
from shared.agreement.changes.effects import effect, effect_on
from shared.agreement.changes.labels import ENTRIES, label
from shared.agreement.changes.meant import meant
from shared.agreement.changes.values import (
    Entries,
    Entry,
    Listed,
    entries_of,
    fields_of,
    in_short,
    listed_in,
    some,
    written,
)
from shared.agreement.conditions.nodes import meaning
from shared.agreement.conditions.sentences import in_words
from shared.agreement.conditions.vocabulary import canonical
from shared.agreement.reading.source import Path, Step
from shared.agreement.written.common import Section
from shared.agreement.written.destinations import Destination

_FIRST_DECIDES: frozenset[Path] = frozenset(
    {
        ("market", "segments"),
        ("market", "set_aside"),
        ("definitions", "fast_lane"),
        ("routing", "rules"),
        ("routing", "hand_off", "rules"),
        ("follow_up", "policies"),
    }
)
_ORDER_MEANS_NOTHING: Final = (("requires",), ("leads_from",))


def changes(old: Agreement, new: Agreement) -> list[Change]:
    """Everything that is different: by heading, and within one in the order of the file."""
    comparison = _Comparison(old, new)
    comparison.section(meant(old), meant(new), _Place())
    comparison.lists()
    return sorted(comparison.found, key=lambda change: HEADINGS.index(change.heading))


@dataclass(frozen=True, slots=True)
class _Place:
    """One place: by the names of entries, with * for them, and by their positions in either file."""

    named: Path = ()
    pattern: Path = ()
    old: Path = ()
    new: Path = ()

    def field(self, name: str) -> "_Place":
        return _Place((*self.named, name), (*self.pattern, name), (*self.old, name), (*self.new, name))

    def entry(self, name: str, old: Step, new: Step) -> "_Place":
        return _Place((*self.named, name), (*self.pattern, "*"), (*self.old, old), (*self.new, new))


class _Comparison:
    """What was found so far."""

    def __init__(self, old: Agreement, new: Agreement) -> None:
        self.old, self.new = old, new
        self.found: list[Change] = []

    def section(self, old: Section, new: Section, place: _Place) -> None:
        for name, was, now in fields_of(old, new):
            if name in ("when", "return_when"):
                self._condition(place if name == "when" else place.field(name), name)
            else:
                self._value(was, now, place.field(name), old, new)

    def lists(self) -> None:
        """Lists with another content, and what conditions find in them now or no longer."""
        for name, was in self.old.list_fingerprints.items():
            if self.new.list_fingerprints.get(name, was) != was:
                self._list(name, listed_in(self.old, name), listed_in(self.new, name))

    def _list(self, name: str, old: Listed, new: Listed) -> None:
        in_both = old.keys() & new.keys()
        if in_both and all(old[word] == new[word] for word in in_both):
            return  # Only the order of its rows, or a column that nothing asks for.
        before, after = frozenset[str]().union(*old.values()), frozenset[str]().union(*new.values())
        said = f"{label(('lists', name))} has other rows"
        more = [*some("came", after - before), *some("went", before - after)]
        self._say("changed", ("lists", name), f"{said}: {'; '.join(more)}" if more else said)

    def _value(self, old: object, new: object, place: _Place, *of: Section) -> None:
        if isinstance(old, Section) and isinstance(new, Section) and not isinstance(old, Destination):
            self.section(old, new, place)
        elif isinstance(old, list) and isinstance(new, list) and not any(map(_has_name, (*old, *new))):
            self._numbered(old, new, place)
        elif place.pattern in ENTRIES:
            self._entries(entries_of(old), entries_of(new), place)
        elif isinstance(old, Section) or isinstance(new, Section):
            self._part(old, new, place)
        elif _in_order(place.pattern, old) != _in_order(place.pattern, new):
            self._changed(written(old), written(new), place, effect(place.pattern, old, new, *of))

    def _part(self, old: object, new: object, place: _Place) -> None:
        """A part that may be left out, or the place to which a rule leads: both are said as a whole."""
        before = in_short(old, self.old, place.old) if old is not None else None
        after = in_short(new, self.new, place.new) if new is not None else None
        if old != new:
            self._changed(before, after, place)

    def _condition(self, place: _Place, name: str) -> None:
        old, new = self.old.conditions[place.old].node, self.new.conditions[place.new].node
        if meaning(old) != meaning(new):
            before, after = in_words(old, whole=True), in_words(new, whole=True)
            shown = place if name == "return_when" else place.field("when")
            self._changed(before, after, shown, effect_on(old, new))

    def _entries(self, old: Entries, new: Entries, place: _Place) -> None:
        """Entries that are gone, have another name, are new, are both here and there, or have moved."""
        other_name = dict(_renamed(old, new))
        for name, entry in old.items():
            if name in other_name:
                path, now = (*place.named, name), other_name[name]
                self._say("renamed", path, f"{label(path)} is called {now} now", name, now)
            elif name not in new:
                self._gone(entry, place.entry(name, entry.step, entry.step))
        for name, entry in new.items():
            if name in old:
                self._value(old[name].value, entry.value, place.entry(name, old[name].step, entry.step))
            elif name not in other_name.values():
                where = _next(list(new), name) if place.pattern in _FIRST_DECIDES else ""
                self._came(entry, place.entry(name, entry.step, entry.step), where)
        if place.pattern in _FIRST_DECIDES:
            self._moves([other_name.get(name, name) for name in old], list(new), place)

    def _numbered(self, old: Sequence[object], new: Sequence[object], place: _Place) -> None:
        """Entries without names: between two that have stayed, those in the same place are compared."""
        both = SequenceMatcher(None, [repr(one) for one in old], [repr(one) for one in new], autojunk=False)
        for _, i, i_end, j, j_end in both.get_opcodes():
            pairs = min(i_end - i, j_end - j)
            for at in range(pairs):
                self._value(old[i + at], new[j + at], place.entry(str(i + at + 1), i + at, j + at))
            for at in range(i + pairs, i_end):
                self._gone(Entry(at, old[at]), place.entry(str(at + 1), at, at))
            for at in range(j + pairs, j_end):
                self._came(Entry(at, new[at]), place.entry(str(at + 1), at, at), "")

    def _gone(self, entry: Entry, place: _Place) -> None:
        before = in_short(entry.value, self.old, place.old)
        self._say("gone", place.named, f"{label(place.named)} is gone: {before}", before=before)

    def _came(self, entry: Entry, place: _Place, where: str) -> None:
        after = in_short(entry.value, self.new, place.new)
        self._say("new", place.named, f"{label(place.named)} is new{where}: {after}", after=after)

    def _moves(self, before: Sequence[str], after: Sequence[str], place: _Place) -> None:
        in_both = [name for name in after if name in before]
        stayed = _longest_rising([before.index(name) for name in in_both])
        for name in (name for name in in_both if before.index(name) not in stayed):
            path = (*place.named, name)
            self._say("moved", path, f"{label(path)} has moved{_next(after, name)}")

    def _changed(self, before: str | None, after: str | None, place: _Place, effect: str = "") -> None:
        name, means = label(place.named), f": {effect}" if effect else ""
        if before is None:
            sentence = f"{name}: now {after}{means}"
        elif after is None:
            sentence = f"{name}: no longer {before}{means}"
        else:
            sentence = f"{name} {before} → {after}{means}"
        self._say("changed", place.named, sentence, before, after, effect)

    def _say(
        self,
        kind: Kind,
        path: Path,
        sentence: str,
        before: str | None = None,
        after: str | None = None,
        effect: str = "",
    ) -> None:
        self.found.append(Change(kind, path, sentence, before, after, effect))


def _in_order(pattern: Path, value: Any) -> object:
    """A value without an order that means nothing; names of the vocabulary as it spells them."""
    if pattern[-1:] not in _ORDER_MEANS_NOTHING or value is None:
        return value
    return sorted(canonical(name) or name for name in value)


def _renamed(old: Entries, new: Entries) -> Iterator[tuple[str, str]]:
    """Entries that are the same under another name, where no other could be meant."""
    gone = {name: _without_name(entry.value) for name, entry in old.items() if name not in new}
    came = {name: _without_name(entry.value) for name, entry in new.items() if name not in old}
    for name, value in gone.items():
        same = [other for other, its in came.items() if its == value]
        if len(same) == 1 and list(gone.values()).count(value) == 1:
            yield name, same[0]


def _has_name(entry: object) -> bool:
    return not isinstance(entry, Section) or "name" in type(entry).model_fields


def _without_name(value: object) -> object:
    if isinstance(value, Section) and _has_name(value):
        return value.model_copy(update={"name": ""})
    return value


def _next(names: Sequence[str], name: str) -> str:
    at = names.index(name) + 1
    return f", before {names[at]}" if at < len(names) else ", to the end"


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """The most numbers that stand in order already: whatever is not among them has moved."""
    ends: list[int] = []
    chains: list[list[int]] = []
    for number in numbers:
        at = bisect_left(ends, number)
        chain = [*(chains[at - 1] if at else []), number]
        ends[at : at + 1], chains[at : at + 1] = [number], [chain]
    return set(chains[-1]) if chains else set()
