"""The large example with one leaf changed at a time, whatever change is valid there."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from shared.agreement import VOCABULARY, Agreement, AgreementInvalid
from shared.agreement.load import compile_tree
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import LocatedList, LocatedMapping, read_yaml
from shared.agreement.reading.source import Path as Place

FOLDER = Path(__file__).parents[2] / "agreements" / "large"
TEXT = (FOLDER / "agreement.yaml").read_text()
Edit = dict[Place, object]

NAMED_BY_PEOPLE = ("lists", "desks", "reject", "calendars", "hours", "reasons", "tracks", "sources")
"""Mappings whose keys are names, and so leaves too."""


def tree() -> LocatedMapping:
    found, problems = read_yaml(TEXT, "agreement.yaml")
    assert found is not None
    assert problems == []
    return found


def agreement_of(changed: LocatedMapping) -> Agreement:
    """Raises AgreementInvalid."""
    report = Report("agreement.yaml", changed)
    found = compile_tree(changed, report, "fingerprint", lambda name: (FOLDER / name).read_text())
    if found.objections:
        raise AgreementInvalid(found.objections)
    return found


def leaves(value: Any, place: Place = ()) -> Iterator[Place]:
    """Every plain value, and every key that people choose."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*place, key))
        if place and (place[-1] in NAMED_BY_PEOPLE or is_condition(place)):
            yield from ((*place, key, "key") for key in value)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*place, index))
    else:
        yield place


def is_condition(place: Place) -> bool:
    return "when" in place or "return_when" in place


def changed_at(whole: LocatedMapping, place: Place) -> tuple[Agreement, LocatedMapping] | None:
    """The first change of this leaf that is valid: the agreement, and the file; None if there is none."""
    for tried in _changes(whole, place):
        file = _copied(tried)
        try:
            return agreement_of(tried), file
        except AgreementInvalid:
            continue
    return None


def at(value: Any, place: Place) -> Any:
    for step in place:
        value = value[step]
    return value


OTHER_WORDS: dict[str, tuple[object, ...]] = {
    "at_least": ("above",),
    "below": ("at_most",),
    "in": ("has_word",),
    "in_list": ("starts_with",),
    "has_word": ("contains",),
    "contains": ("starts_with",),
    "matches": ("contains",),
    "starts_with": ("contains",),
    "any": ("all",),
    "score_at_least": ("fit",),
    "company.employees": ("postal_code", "name"),
    "known": (7,),
    "missing": (7,),
    "customer": ("partner",),
    "granted": ("not_denied",),
    "not_denied": ("granted",),
    "fair": ("least_loaded",),
    "queue": ("assign_anyway",),
    "anew": ("what_is_left",),
    "rules": ("same_rep",),
    "lead": ("deputy",),
    "escalate": ("remind",),
    "USD": ("EUR",),
}
"""What may stand instead of a word of the language; names are anything."""


def _changes(whole: LocatedMapping, place: Place) -> Iterator[LocatedMapping]:
    if place[-1] == "key":
        yield from _renamed_keys(whole, place[:-1])
        return
    value = at(whole, place)
    for other in _others(value):
        yield _with(whole, {place: other})
        if isinstance(value, float):
            by = other - value
            yield from (_with(whole, {place: other, **rest}) for rest in _balanced(whole, place, by))
    if isinstance(value, str):
        yield _everywhere(whole, value, f"{value}x")
        yield from (_with(whole, {place: other}) for other in _strings(whole, place) if other != value)
    yield _without(whole, place)
    yield _without(_with(whole, {place: "remind"}), (*place[:-1], "to"))
    yield _without(whole, place[:-1])


def _others(value: object) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case int() | float():
            yield from (value + 1, value - 1, round(value + 0.01, 4))
        case str() if value in OTHER_WORDS:
            yield from OTHER_WORDS[value]
        case str() if re.fullmatch(r"\d{4}-\d\d-\d\d.*", value):
            yield f"{date.fromisoformat(value[:10]) + timedelta(days=1)}{value[10:]}"
        case str() if "@" in value:
            yield f"x{value}"
        case str() if re.match(r"\d", value):
            yield re.sub(r"\d+(?=\D*$|\D* per )", lambda found: f"{int(found[0]) + 1:02}", value, count=1)
        case str():
            yield from (f"{value}x", "AT")


def _balanced(whole: LocatedMapping, place: Place, by: float) -> Iterator[Edit]:
    """Shares add up to 1, so another one gives way."""
    for depth in (1, 2):
        siblings = at(whole, place[:-depth])
        for name in siblings if isinstance(siblings, dict) else ():
            other = (*place[:-depth], name, *place[len(place) - depth + 1 :])
            try:
                given = at(whole, other)
            except (KeyError, TypeError):
                continue
            if other != place and isinstance(given, float):
                yield {other: round(given - by, 4)}


def _copied(value: Any) -> Any:
    """Deep, and ten times as fast as the library's."""
    if isinstance(value, LocatedMapping):
        mapping = LocatedMapping(value.mark)
        mapping.update({key: _copied(inner) for key, inner in value.items()})
        mapping.marks = dict(value.marks)
        return mapping
    if isinstance(value, LocatedList):
        listed = LocatedList(value.mark)
        listed.extend(_copied(inner) for inner in value)
        listed.marks = list(value.marks)
        return listed
    return value


def _with(whole: LocatedMapping, edit: Edit) -> LocatedMapping:
    copied = _copied(whole)
    for place, value in edit.items():
        at(copied, place[:-1])[place[-1]] = value
    return copied


def _without(whole: LocatedMapping, place: Place) -> LocatedMapping:
    copied = _copied(whole)
    container = at(copied, place[:-1])
    if isinstance(container, list):
        del container[int(place[-1])], container.marks[int(place[-1])]
    else:
        container.pop(place[-1], None)
    return copied


def _renamed_keys(whole: LocatedMapping, place: Place) -> Iterator[LocatedMapping]:
    key = str(place[-1])
    same_kind = [
        name for name, word in VOCABULARY.items() if key in VOCABULARY and word.kind is VOCABULARY[key].kind
    ]
    news = [*OTHER_WORDS.get(key, ()), *same_kind] if is_condition(place) else [f"{key}x", "sat"]
    for new in (str(new) for new in news if new not in at(whole, place[:-1])):
        copied = _copied(whole)
        container = at(copied, place[:-1])
        container[new], container.marks[new] = container.pop(key), container.marks.pop(key)
        if key == "company.employees":
            container[new] = "known"
        yield copied
        yield _everywhere(copied, key, new)


def _everywhere(whole: LocatedMapping, old: str, new: str) -> LocatedMapping:
    """Wherever the name stands as a value, it is the new one."""
    copied = _copied(whole)
    for place in leaves(copied):
        if place[-1] != "key" and at(copied, place) in (old, f"overflow:{old}"):
            at(copied, place[:-1])[place[-1]] = str(at(copied, place)).replace(old, new)
    return copied


def _strings(whole: LocatedMapping, place: Place) -> list[str]:
    """Words that the file has in places that look alike."""
    alike = [other for other in leaves(whole) if other[-1] == place[-1] or other[:-1] == place[:-1]]
    words = [at(whole, other) for other in alike if other[-1] != "key"]
    return [*dict.fromkeys(word for word in words if isinstance(word, str)), "account.owner", "title"]
