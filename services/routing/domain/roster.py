"""Reads what was written of the roster, and finds every mistake at once: it is all or nothing."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.agreement.problems import expected_one_of, quoted

FIELDS: Final = ("person", "name", "teams", "weight", "languages", "notify")
WEIGHT_MAX: Final = 1000
_PERSON: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
_URL: Final = re.compile(r"https?://[^\s/?#]+([/?#]\S*)?")
_SEPARATORS: Final = re.compile(r"[;,|]")


@dataclass(frozen=True, slots=True)
class Row:
    """One person as they were written; `place` says where: "line 3", "entry 2"."""

    place: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Entry:
    """One person who can hold leads: their teams with their weight in each, and how they are told."""

    person: str
    name: str = ""
    teams: Mapping[str, int] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    notify: str | None = None


class RosterInvalid(Exception):
    """Nothing of a roster was taken, because of these mistakes; each names its place."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = list(errors)
        super().__init__("; ".join(self.errors))


def read_roster(rows: Iterable[Row], teams: Iterable[str]) -> list[Entry]:
    """Every row as an entry. `teams` are those of the agreement. Raises RosterInvalid with every mistake."""
    known, errors, entries = frozenset(teams), [], []
    seen: dict[str, str] = {}
    for row in rows:
        person = _text(row.fields.get("person"))
        first = seen.setdefault(person.lower(), row.place)
        if person and first != row.place:
            errors.append(f"{row.place}: {person} is already in {first}; write each person once")
        mistakes = [f"{row.place}: {mistake}" for mistake in _mistakes(row, person, known)]
        errors += mistakes
        if not mistakes:
            entries.append(_entry(row, person))
    if not entries and not errors:
        errors.append("there is nobody in it; write one person a row, with the fields person and teams")
    if errors:
        raise RosterInvalid(errors)
    return entries


def _mistakes(row: Row, person: str, known: frozenset[str]) -> Iterator[str]:
    for name in row.fields:
        if name not in FIELDS:
            yield f"expected a field of the roster, {expected_one_of(FIELDS, name)}"
    if not _PERSON.fullmatch(person):
        yield f"person: expected a work e-mail address, found {quoted(row.fields.get('person') or 'nothing')}"
    yield from _team_mistakes(row, known)
    for language in _listed(row.fields.get("languages")):
        if not _LANGUAGE.fullmatch(language):
            yield f"languages: expected codes such as en; es, found {quoted(language)}"
    notify = _text(row.fields.get("notify"))
    if notify and not _URL.fullmatch(notify):
        yield f"notify: expected an address such as https://…, found {quoted(notify)}"


def _team_mistakes(row: Row, known: frozenset[str]) -> Iterator[str]:
    if _weight(row.fields.get("weight") or 1) is None:
        yield _not_a_weight("weight", row.fields["weight"])
    written = list(_teams(row.fields.get("teams"), 1))
    if not written:
        yield f"teams: expected at least one team of the agreement, known: {', '.join(sorted(known))}"
    for team, weight in written:
        if team not in known:
            yield f"teams: expected a team of the agreement, {expected_one_of(known, team)}"
        if _weight(weight) is None:
            yield _not_a_weight(f"teams: weight in {quoted(team)}", weight)


def _not_a_weight(what: str, found: object) -> str:
    return f"{what}: expected a whole number from 1 to {WEIGHT_MAX}, found {quoted(found)}"


def _entry(row: Row, person: str) -> Entry:
    usual = _weight(row.fields.get("weight") or 1) or 1
    return Entry(
        person=person,
        name=_text(row.fields.get("name")),
        teams={team: _weight(weight) or 1 for team, weight in _teams(row.fields.get("teams"), usual)},
        languages=tuple(language.lower() for language in _listed(row.fields.get("languages"))),
        notify=_text(row.fields.get("notify")) or None,
    )


def _teams(written: object, usual: int) -> Iterator[tuple[str, object]]:
    """`inside=2; amer`, a list of names, or a mapping of names to weights."""
    if isinstance(written, Mapping):
        yield from ((str(team), weight) for team, weight in written.items())
        return
    for item in _listed(written):
        team, equals, weight = item.partition("=")
        yield team.strip(), weight.strip() if equals else usual


def _listed(written: object) -> list[str]:
    items = written if isinstance(written, list | tuple) else _SEPARATORS.split(_text(written))
    return [text for item in items if (text := _text(item))]


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _weight(value: object) -> int | None:
    text = _text(value)
    weight = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return weight if 1 <= weight <= WEIGHT_MAX else None
