"""Reads what a roster says of somebody beside their teams: calendar, shifts, absences, skills, cover."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Final, TypeVar, get_args

from services.routing.domain.people.person import Absence, AbsenceKind, Details
from shared.agreement import Agreement
from shared.agreement.reading.hours import Week, holidays_mistake, mistake_in, read_week, zone_mistake
from shared.unknown import expected_one_of, quoted

T = TypeVar("T")

DETAILS: Final = (
    "skills",
    "calendar",
    "zone",
    "holidays",
    "shifts",
    "absences",
    "cover",
    "cover_takes_over",
)
_KINDS: Final[tuple[AbsenceKind, ...]] = get_args(AbsenceKind)
_SKILL: Final = re.compile(r"\w[\w .+#&/-]{0,79}")
_SEPARATORS: Final = re.compile(r"[;,|]")
_LINES: Final = re.compile(r"[;\n]")
_YES: Final = {"true": True, "yes": True, "": False, "false": False, "no": False}
_ABSENCE_FIELDS: Final = ("begin", "end", "kind", "note", "imported")
NOTE_MAX: Final = 200
_IMPORTED: Final = "*"
"""Behind the kind of an absence in words: it came from a calendar file."""
_YEARS: Final = range(1990, 2200)
_ABSENCE_EXAMPLE: Final = "2026-12-24/2026-12-31 pto"


@dataclass(frozen=True, slots=True)
class Known:
    """What a roster may refer to: teams, calendars with their zones, and people, if these are known here.

    `people`: everybody who can hold leads, with who covers for them. `addresses`: all who ever could,
    those who can now first.
    """

    teams: frozenset[str]
    calendars: Mapping[str, str]
    people: Mapping[str, str | None] | None = None
    addresses: tuple[str, ...] = ()

    @classmethod
    def by(
        cls,
        agreement: Agreement,
        people: Mapping[str, str | None] | None = None,
        addresses: Iterable[str] = (),
    ) -> "Known":
        """What an agreement knows, and these people."""
        calendars = {name: hours.zone for name, hours in agreement.calendars.items()}
        return cls(frozenset(agreement.teams), calendars, people, tuple(addresses))


def read_details(fields: Mapping[str, object], known: Known, mistakes: list[str]) -> Details:
    """The details in the fields of a row. What is wrong is added to `mistakes`."""

    def read(name: str, reader: Callable[[Any], T], otherwise: T) -> T:
        try:
            return reader(fields.get(name)) if fields.get(name) not in (None, "") else otherwise
        except ValueError as wrong:
            mistakes.append(f"{name}: {wrong}")
            return otherwise

    calendar = read("calendar", lambda name: _calendar(name, known), None)
    zone = read("zone", _zone, None)
    no_shifts: Week = ()
    no_absences: tuple[Absence, ...] = ()
    shifts = read("shifts", read_shifts, no_shifts)
    absences = read("absences", read_absences, no_absences)
    where = zone or known.calendars.get(calendar or "")
    mistakes.extend(f"absences: {wrong}" for wrong in absence_mistakes(absences, where or "UTC"))
    if where is None and (absences or shifts) and not fields.get("calendar") and not fields.get("zone"):
        field = "absences" if absences else "shifts"
        mistakes.append(f"{field}: expected a zone or a calendar too, so that it is known when a day begins")
    return Details(
        skills=read("skills", _skills, ()),
        calendar=calendar,
        zone=zone,
        holidays=read("holidays", _holidays, None),
        shifts=shifts,
        absences=tuple(sorted(absences, key=lambda absence: absence.begin)),
        cover=text_of(fields.get("cover")) or None,
        cover_takes_over=read("cover_takes_over", _yes_or_no, False),
    )


def read_shifts(written: object) -> Week:
    """`mon-thu 09:00-12:00 13:00-17:30; fri 09:00-15:00`, or a mapping of days to hours."""
    if isinstance(written, Mapping):
        hours = {text_of(days): listed(times) for days, times in written.items()}
    else:
        hours = {}
        for line in listed(written, _LINES):
            days, *times = line.split()
            hours.setdefault(days.lower(), []).extend(times)
    if wrong := mistake_in(hours):
        raise ValueError(wrong)
    return read_week(hours)


def read_absences(written: object) -> tuple[Absence, ...]:
    """`2026-12-24/2026-12-31 pto Home; 2026-11-30T13:00/2026-11-30T18:00 sick`, or a list of such."""
    items = written if isinstance(written, list | tuple) else listed(written, _LINES)
    return tuple(read_absence(item) for item in items)


def read_absence(written: object) -> Absence:
    """One absence, in words or as a mapping. Raises ValueError with what is wrong."""
    if isinstance(written, Mapping):
        for name in written:
            if name not in _ABSENCE_FIELDS:
                raise ValueError(f"expected a field of an absence, {expected_one_of(_ABSENCE_FIELDS, name)}")
        fields = written
    else:
        when, kind, note, *_ = (*text_of(written).split(maxsplit=2), "", "", "")
        begin, _, end = when.partition("/")
        imported = kind.endswith(_IMPORTED)
        kind = kind.removesuffix(_IMPORTED)
        fields = {"begin": begin, "end": end, "kind": kind, "note": note, "imported": imported}
    if "\x00" in text_of(fields.get("note")):
        raise ValueError("the note has a NUL character (U+0000): leave it out")
    first = _moment(fields.get("begin"))
    return Absence(
        begin=first,
        end=_moment(fields["end"]) if fields.get("end") else first,
        kind=_kind(fields.get("kind")),
        # One line without a semicolon, so that it fits into a cell.
        note=" ".join(text_of(fields.get("note")).replace(";", ",").split())[:NOTE_MAX],
        imported=_yes_or_no(fields.get("imported")),
    )


def in_words(absence: Absence) -> str:
    """An absence as a cell says it."""
    mark = _IMPORTED if absence.imported else ""
    return f"{said(absence)} {absence.kind}{mark} {absence.note}".strip()


def absence_mistakes(absences: Iterable[Absence], zone: str) -> Iterator[str]:
    """Those that end before they begin, and those that overlap."""
    placed = sorted(((*one.interval(zone), one) for one in absences), key=lambda placed: placed[:2])
    for begin, end, absence in placed:
        if end <= begin:
            yield f"{said(absence)} ends before it begins"
    for (_, end, one), (begin, _, other) in pairwise(placed):
        if begin < end:
            yield f"{said(other)} overlaps with {said(one)}; write them as one, or apart"


def said(absence: Absence) -> str:
    """From when to when, as it is written."""
    return absence.begin if absence.begin == absence.end else f"{absence.begin}/{absence.end}"


def listed(written: object, separators: re.Pattern[str] = _SEPARATORS) -> list[str]:
    """The items of a list, or of a cell that separates them."""
    items = written if isinstance(written, list | tuple) else separators.split(text_of(written))
    return [text for item in items if (text := text_of(item))]


def text_of(value: object) -> str:
    """A cell or a scalar as text."""
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value).strip()


def _moment(written: object) -> str:
    text = text_of(written)
    try:
        day: date = date.fromisoformat(text)
        moment = day.isoformat()
    except ValueError:
        try:
            day = datetime.fromisoformat(text)
        except ValueError:
            found = quoted(text or "nothing")
            raise ValueError(f"expected absences such as {_ABSENCE_EXAMPLE}, found {found}") from None
        moment = day.isoformat(timespec="minutes")
    if day.year not in _YEARS:
        raise ValueError(f"expected a year from {_YEARS[0]} to {_YEARS[-1]}, found {quoted(text)}")
    return moment


def _kind(written: object) -> AbsenceKind:
    text = text_of(written).lower() or "pto"
    found = next((kind for kind in _KINDS if kind == text), None)
    if found is None:
        raise ValueError(f"expected {', '.join(_KINDS)}, {expected_one_of(_KINDS, text)}")
    return found


def _calendar(written: object, known: Known) -> str:
    name = text_of(written)
    if name not in known.calendars:
        raise ValueError(f"expected a calendar of the agreement, {expected_one_of(known.calendars, name)}")
    return name


def _zone(written: object) -> str:
    if wrong := zone_mistake(text_of(written)):
        raise ValueError(wrong)
    return text_of(written)


def _holidays(written: object) -> str:
    if wrong := holidays_mistake(text_of(written)):
        raise ValueError(wrong)
    return text_of(written)


def _skills(written: object) -> tuple[str, ...]:
    skills = tuple(dict.fromkeys(listed(written)))
    for skill in skills:
        if not _SKILL.fullmatch(skill):
            raise ValueError(f"expected words such as security; finance, found {quoted(skill)}")
    return skills


def _yes_or_no(written: object) -> bool:
    text = text_of(written).lower()
    if text not in _YES:
        raise ValueError(f"expected true or false, found {quoted(text)}")
    return _YES[text]
