"""Reads what was written of the roster, and finds every mistake at once: it is all or nothing."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from services.routing.domain.people.details import DETAILS, Known, listed, read_details, text_of
from services.routing.domain.people.person import NO_DETAILS, Details
from services.routing.domain.telling.addresses import EXPECTED, strange_in
from shared.people import spelled_as
from shared.unknown import expected_one_of, quoted

FIELDS: Final = ("person", "name", "teams", "weight", "languages", "notify", *DETAILS)
WEIGHT_MAX: Final = 1000
PERSON: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One person as they were written; `place` says where: "line 3", "entry 2".

    `mistakes`: why the place can not be read as a person, if it can not.
    """

    place: str
    fields: Mapping[str, object]
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One person who can hold leads: their teams with their weight in each, how they are told, and more."""

    person: str
    name: str = ""
    teams: Mapping[str, int] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    notify: str | None = None
    details: Details = NO_DETAILS


class RosterInvalid(Exception):
    """Nothing of a roster was taken, because of these mistakes; each names its place."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = list(errors)
        super().__init__("; ".join(self.errors))


def read_roster(rows: Iterable[Row], known: Known) -> list[Entry]:
    """Every row as an entry, spelled as it is known here. Raises RosterInvalid with every mistake."""
    there = spelled_as(known.addresses)
    by_person = [(there(text_of(row.fields.get("person"))), row) for row in rows]
    written = spelled_as([*known.addresses, *(person for person, _ in by_person)])
    errors: list[str] = []
    entries: list[Entry] = []
    seen: dict[str, str] = {}
    places: dict[str, str] = {}
    for person, row in by_person:
        errors += [f"{row.place}: {mistake}" for mistake in row.mistakes]
        places[person] = row.place
        if row.mistakes:
            continue
        first = seen.setdefault(person.casefold(), row.place)
        if person and first != row.place:
            errors.append(f"{row.place}: {person} is already in {first}; write each person once")
        mistakes = list(_mistakes(row, person, known.teams))
        entries.append(_entry(row, person, known, mistakes, written))
        errors += [f"{row.place}: {mistake}" for mistake in mistakes]
    if not entries and not errors:
        errors.append("there is nobody in it; write one person a row, with the fields person and teams")
    errors += cover_mistakes(entries, places, known)
    if errors:
        raise RosterInvalid(errors)
    return entries


def cover_mistakes(entries: Iterable[Entry], places: Mapping[str, str], known: Known) -> list[str]:
    """Covers whom nobody knows, and people who cover for themselves. Two may well cover for each other.

    A cover who has left is no mistake where they were it already: an export is read again as it was.
    """
    covers = {entry.person: entry.details.cover for entry in entries if entry.details.cover is not None}
    covered = known.people or {}
    people = {*covered, *places}
    mistakes = []
    for person, cover in covers.items():
        if cover == person:
            mistakes.append(f"{places[person]}: cover: nobody covers for themselves; name somebody else")
        elif known.people is not None and cover not in people and covered.get(person) != cover:
            found = expected_one_of(people - {person}, cover)
            mistakes.append(f"{places[person]}: cover: expected somebody of the roster, {found}")
    return mistakes


def column_mistakes(names: Sequence[str]) -> list[str]:
    """What to say of the names in the first line of a table."""
    columns = Counter(name for name in names if name)
    twice = [name for name, times in columns.items() if times > 1]
    return [
        *unknown_fields(columns),
        *(f"the column {quoted(name)} is there more than once; keep one of them" for name in twice),
    ]


def wrong_separator(names: Sequence[str]) -> str | None:
    """What to say of a first line that is one cell, because something else than commas parts its columns."""
    if len(names) != 1 or not any(mark in names[0] for mark in ";\t"):
        return None
    return f"expected commas between the columns, found {quoted(names[0])}; save it as CSV with commas"


def unknown_fields(names: Iterable[str]) -> list[str]:
    """What to say of each name that is no field of the roster."""
    return [
        f"expected a field of the roster, {expected_one_of(FIELDS, name)}"
        for name in names
        if name not in FIELDS
    ]


def _mistakes(row: Row, person: str, known: frozenset[str]) -> Iterator[str]:
    yield from unknown_fields(row.fields)
    for name, value in row.fields.items():
        if any("\x00" in text for text in listed(value)):
            yield f"{name}: has a NUL character (U+0000): leave it out"
    if not PERSON.fullmatch(person):
        yield f"person: expected a work e-mail address, found {quoted(row.fields.get('person') or 'nothing')}"
    yield from _team_mistakes(row, known)
    for language in listed(row.fields.get("languages")):
        if not _LANGUAGE.fullmatch(language):
            yield f"languages: expected codes such as en; es, found {quoted(language)}"
    for strange in strange_in(_words(row.fields.get("notify"))):
        yield f"notify: expected addresses such as {EXPECTED}, found {quoted(strange)}"


def _team_mistakes(row: Row, known: frozenset[str]) -> Iterator[str]:
    if _weight(_usual_weight(row)) is None:
        yield _not_a_weight("weight", row.fields["weight"])
    written = list(_teams(row.fields.get("teams"), 1))
    if not written:
        yield f"teams: expected at least one team of the agreement, known: {', '.join(sorted(known))}"
    names = [team for team, _ in written]
    for team in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield f"teams: {quoted(team)} stands there more than once; write it once, with its weight"
    for team, weight in written:
        if team not in known:
            yield f"teams: expected a team of the agreement, {expected_one_of(known, team)}"
        if _weight(weight) is None:
            yield _not_a_weight(f"teams: weight in {quoted(team)}", weight)


def _usual_weight(row: Row) -> object:
    """What counts in each of their teams that says nothing else; 0 is said, and is no weight."""
    written = row.fields.get("weight")
    return written if text_of(written) else 1


def _not_a_weight(what: str, found: object) -> str:
    return f"{what}: expected a whole number from 1 to {WEIGHT_MAX}, found {quoted(found)}"


def _entry(row: Row, person: str, known: Known, mistakes: list[str], written: Callable[[str], str]) -> Entry:
    details = read_details(row.fields, known, mistakes)
    cover = written(details.cover) if details.cover is not None else None
    usual = _weight(_usual_weight(row)) or 1
    return Entry(
        person=person,
        name=text_of(row.fields.get("name")),
        teams={team: _weight(weight) or 1 for team, weight in _teams(row.fields.get("teams"), usual)},
        languages=tuple(language.lower() for language in listed(row.fields.get("languages"))),
        notify=_words(row.fields.get("notify")) or None,
        details=replace(details, cover=cover),
    )


def _teams(written: object, usual: int) -> Iterator[tuple[str, object]]:
    """`inside=2; amer`, a list of names, or a mapping of names to weights."""
    if isinstance(written, Mapping):
        yield from ((str(team), weight) for team, weight in written.items())
        return
    for item in listed(written):
        team, equals, weight = item.partition("=")
        yield team.strip(), weight.strip() if equals else usual


def _words(value: object) -> str:
    """Words with one blank between them, from a text or a list."""
    words = value if isinstance(value, list | tuple) else [value]
    return " ".join(" ".join(text_of(word).split()) for word in words).strip()


def _weight(value: object) -> int | None:
    text = text_of(value)
    weight = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return weight if 1 <= weight <= WEIGHT_MAX else None
