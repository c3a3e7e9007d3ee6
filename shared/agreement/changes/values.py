"""Values of the file as a sentence repeats them, and the entries that lists and mappings have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final, TypeAlias

from shared.agreement.agreement import Agreement
from shared.agreement.building.routing import target
from shared.agreement.conditions.nodes import tests_of
from shared.agreement.conditions.sentences import in_words
from shared.agreement.prose.destinations import target as target_in_words
from shared.agreement.prose.words import money, percent
from shared.agreement.reading.durations import written_duration
from shared.agreement.reading.source import Path, Step
from shared.agreement.written.common import Section
from shared.agreement.written.destinations import Destination


def fields_of(old: Section, new: Section) -> Iterator[tuple[str, Any, Any]]:
    """The fields of two sections of one kind, as they are written in the file, with both values."""
    for name, field in type(old).model_fields.items():
        yield field.alias or name, getattr(old, name), getattr(new, name)


_SHOWN_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list or mapping, and the step that leads to it in the file."""

    step: Step
    value: object


Entries: TypeAlias = Mapping[str, Entry]


def entries_of(value: object) -> Entries:
    """The entries of a mapping; those of a list by their names, or by their numbers if they have none."""
    if isinstance(value, Mapping):
        return {name: Entry(name, item) for name, item in value.items()}
    listed = value if isinstance(value, list) else []
    return {str(getattr(item, "name", at + 1)): Entry(at, item) for at, item in enumerate(listed)}


def written(value: object) -> str | None:
    """A plain value as people write it; None where there is none."""
    if value is None or value in ((), ""):
        return None
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    return _plain(value)


def _plain(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return written_duration(value)
        case Fraction():
            return percent(value)
        case float():
            return money(value)
        case Mapping():
            return "; ".join(f"{name} {written(item)}" for name, item in value.items())
        case _:
            return str(value)


def in_short(value: object, agreement: Agreement, path: Path) -> str:
    """What is written of a part, in one line: "points 40, when title is VP". `path`: where it stands."""
    if isinstance(value, Destination):
        return target_in_words(target(value))
    if isinstance(value, Section):
        of_all = "everything" if "when" in type(value).model_fields else "nothing"
        return ", ".join(_said(value, agreement, path)) or of_all
    return written(value) or "nothing"


def _said(value: Section, agreement: Agreement, path: Path) -> Iterator[str]:
    for name, field in type(value).model_fields.items():
        if name == "when":
            if not agreement.conditions[path].matches_everything:
                yield f"when {in_words(agreement.conditions[path].node, whole=True)}"
        elif name != "name" and name in value.model_fields_set:
            yield from _field_said(field.alias or name, getattr(value, name), agreement, path)


def _field_said(key: str, value: object, agreement: Agreement, path: Path) -> Iterator[str]:
    if isinstance(value, Destination):
        yield f"{key} {in_short(value, agreement, path)}"
    elif isinstance(value, Section):
        yield f"{key.replace('_', ' ')} ({in_short(value, agreement, (*path, key))})"
    elif isinstance(value, list | dict):
        for name, entry in entries_of(value).items():
            inner = in_short(entry.value, agreement, (*path, key, entry.step))
            yield f"{key.replace('_', ' ')} {name}: {inner}"
    else:
        yield f"{key.replace('_', ' ')} {written(value)}"


Listed: TypeAlias = Mapping[str, frozenset[str]]


def listed_in(agreement: Agreement, name: str) -> Listed:
    """By the words that conditions look up in a list: the values among which they do."""
    nodes = (condition.node for condition in agreement.conditions.values())
    tests = (test for node in nodes for test in tests_of(node) if test.operator == "in_list")
    return {test.name: test.listed for test in tests if test.operand == (name,)}


def some(what: str, values: frozenset[str]) -> Iterator[str]:
    """'2 came (a, b)', with the first few of many; nothing where there is none."""
    if values:
        more = ", …" if len(values) > _SHOWN_MAX else ""
        yield f"{len(values):,} {what} ({', '.join(sorted(values)[:_SHOWN_MAX])}{more})"
