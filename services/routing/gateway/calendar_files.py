"""Reads absences out of a calendar file (iCalendar, RFC 5545): one that holds nothing else."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from services.routing.domain.people.details import read_absence
from services.routing.domain.people.person import Absence
from services.routing.domain.people.roster import RosterInvalid
from shared.unknown import quoted

AHEAD: Final = timedelta(days=400)
"""How far an absence that repeats is looked ahead; when the file is read again, further."""
EVENTS_MAX: Final = 2000
REPEATING_MAX: Final = 100
_TOO_OFTEN: Final = ("SECONDLY", "MINUTELY", "HOURLY")
_SAY_WHEN: Final = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_NO_CALENDAR: Final = (
    "this is no iCalendar file that can be read: that begins with BEGIN:VCALENDAR, ends with END:VCALENDAR, "
    "and has dates of this time; export the calendar again"
)
_DAY: Final = timedelta(days=1)


def absences_in(body: bytes, now: datetime) -> list[Absence]:
    """The absences from today on, those that overlap as one. What they are called is not kept.

    Raises RosterInvalid for what is no calendar, and for one that repeats too often or says too much.
    """
    # A quarter of a second, which most need not pay.
    import recurring_ical_events
    from icalendar import Calendar

    try:
        calendar = Calendar.from_ical(body)
        _refuse_broken(calendar, body)
        _refuse_too_much(calendar)
        found = recurring_ical_events.of(calendar).between(now - _DAY, now + AHEAD)
        absences = [one for event in found if (one := _absence(event)) is not None]
    except RosterInvalid:
        raise
    except Exception:  # Whatever a strange file makes of the libraries that read it: their words help nobody.
        raise RosterInvalid([_NO_CALENDAR]) from None
    return absences


def _refuse_too_much(calendar: Any) -> None:
    events = calendar.walk("VEVENT")
    repeating = [rule for event in events for rule in _rules(event)]
    if len(events) > EVENTS_MAX or len(repeating) > REPEATING_MAX:
        raise RosterInvalid(
            [f"expected at most {EVENTS_MAX} events, {REPEATING_MAX} of them repeating; export fewer of them"]
        )
    for rule in repeating:
        if any(str(often).upper() in _TOO_OFTEN for often in rule.get("FREQ", ())):
            raise RosterInvalid(
                ["an absence repeats daily at most; take the event that repeats more often out"]
            )


def _refuse_broken(calendar: Any, body: bytes) -> None:
    """Every line that says when, and can not be."""
    lines = [line.strip() for line in body.decode("utf-8", "replace").splitlines()]
    begins = [n for n, line in enumerate(lines) if line.upper() == "BEGIN:VEVENT"]
    mistakes = [
        mistake
        for event, begin in zip(calendar.walk("VEVENT"), begins, strict=False)
        for mistake in _mistakes(event, lines, begin)
    ]
    if mistakes:
        raise RosterInvalid(mistakes)


def _mistakes(event: Any, lines: Sequence[str], begin: int) -> Iterable[str]:
    broken = _broken(event)
    end = next((n for n in range(begin, len(lines)) if lines[n].upper() == "END:VEVENT"), len(lines))
    for name, wrong in broken.items():
        # Which of several lines it is, the library does not say.
        at = [n for n in range(begin, end) if lines[n].upper().startswith(name)]
        place, what = (at[0], quoted(lines[at[0]])) if len(at) == 1 else (begin, f"the {name} of this event")
        yield f"line {place + 1}: {what} {wrong}; correct it, or export the calendar again"
    if "DTSTART" not in event and "DTSTART" not in broken:
        yield f"line {begin + 1}: this event does not say when it begins; give it a DTSTART, or take it out"


def _broken(event: Any) -> dict[str, str]:
    """What is wrong with that which says when, by the name of the line."""
    broken = {name: "can not be read" for name, _ in event.errors if name in _SAY_WHEN}
    for name in [name for name in _SAY_WHEN if name in event and name not in broken]:
        if any(moment.tzinfo is None for moment in _in_a_zone(event[name])):
            # The library reads it as the time wherever the person is.
            broken[name] = "is in a time zone that nobody knows"
    if not broken and (too_soon := _ends_too_soon(event)) is not None:
        broken[too_soon] = "ends before it begins"
    return broken


def _in_a_zone(written: Any) -> Iterable[datetime]:
    """The times of lines that name a time zone."""
    for line in written if isinstance(written, list) else [written]:
        for part in getattr(line, "dts", [line]):
            moment = getattr(part, "dt", None)
            moment = moment[0] if isinstance(moment, tuple) else moment
            if isinstance(moment, datetime) and "TZID" in line.params:
                yield moment


def _ends_too_soon(event: Any) -> str | None:
    """The name of the line that says so, if one does."""
    if "DTEND" in event and "DTSTART" in event:
        try:
            return "DTEND" if event["DTEND"].dt < event["DTSTART"].dt else None
        except TypeError:  # A day and a time, which the library that reads them brings together.
            return None
    return "DURATION" if "DURATION" in event and event["DURATION"].dt < timedelta(0) else None


def _rules(event: Any) -> Iterable[Any]:
    rule = event.get("RRULE", [])
    return rule if isinstance(rule, list) else [rule]


def _absence(event: Any) -> Absence | None:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    begin, end = event.start, event.end
    if not isinstance(begin, datetime):
        end = max(begin, end - _DAY)
    elif _minute(begin) >= _minute(end):
        return None
    try:
        return read_absence({"begin": begin, "end": end, "imported": True})
    except ValueError as wrong:
        raise RosterInvalid([str(wrong)]) from None


def _minute(moment: datetime) -> datetime:
    """As exactly as an absence is written."""
    return moment.replace(second=0, microsecond=0)
