"""Reads absences out of a calendar file (iCalendar, RFC 5545): one that holds nothing else."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from services.routing.domain.people.details import read_absence
from services.routing.domain.people.person import Absence
from services.routing.domain.people.roster import RosterInvalid

AHEAD: Final = timedelta(days=400)
"""How far an absence that repeats is looked ahead; when the file is read again, further."""
EVENTS_MAX: Final = 2000
REPEATING_MAX: Final = 100
_TOO_OFTEN: Final = ("SECONDLY", "MINUTELY", "HOURLY")
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
        _refuse_too_much(calendar)
        found = recurring_ical_events.of(calendar).between(now - _DAY, now + AHEAD)
        absences = [one for event in found if (one := _absence(event)) is not None]
    except RosterInvalid:
        raise
    except Exception as wrong:  # Whatever a strange file makes of the libraries that read it.
        raise RosterInvalid([f"this is no iCalendar file that can be read: {wrong}"[:300]]) from None
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


def _rules(event: Any) -> Iterable[Any]:
    rule = event.get("RRULE", [])
    return rule if isinstance(rule, list) else [rule]


def _absence(event: Any) -> Absence | None:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    begin, end = event.start, event.end
    if not isinstance(begin, datetime):
        end = max(begin, end - _DAY)
    elif begin >= end:
        return None
    return read_absence({"begin": begin, "end": end, "imported": True})
