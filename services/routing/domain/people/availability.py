"""Who is there, and when: the calendar of a person, whether they are away, and until when.

Outside of their hours somebody may still be given a lead, because a clock that counts working time waits for
them. Who is absent may not.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from services.routing.domain.people.bench import Rep
from services.routing.domain.people.person import Absence
from services.routing.domain.time.calendar import Calendar, Interval, united
from services.routing.domain.time.working_time import NoWorkingTime, next_opening
from shared.agreement import Agreement
from shared.agreement.reading.hours import Week

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_AND_NIGHT: Final[Week] = (((0, 0),),) * 7
_TWO_YEARS: Final = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Availability:
    """One person's time, seen from an instant."""

    rep: Rep
    now: datetime
    agreement: Agreement

    @property
    def calendar(self) -> Calendar | None:
        return calendar_of(self.rep, self.agreement)

    @property
    def away_until(self) -> datetime | None:
        return away_until(self.rep, self.now, self.agreement)

    @property
    def off_shift_until(self) -> datetime | None:
        return off_shift_until(self.rep, self.now, self.agreement)

    @property
    def why_not(self) -> str:
        """Why nothing new can be given to them now, in words; empty, if it can."""
        until = self.away_until
        if until is None:
            return ""
        back = off_shift_until(self.rep, until, self.agreement) or until
        return f"absent until {local(back, zone_of(self.rep, self.agreement))}"

    @property
    def off_shift(self) -> str:
        """That they are not at work now, in words; empty, if they are."""
        until = self.off_shift_until
        return "" if until is None else f"off shift until {local(until, zone_of(self.rep, self.agreement))}"


def zone_of(rep: Rep, agreement: Agreement) -> str:
    """Where somebody is: their own zone, else that of their calendar, else UTC."""
    hours = agreement.calendars.get(rep.details.calendar or "")
    return rep.details.zone or (hours.zone if hours is not None else "UTC")


def calendar_of(rep: Rep, agreement: Agreement) -> Calendar | None:
    """Somebody's working time, without their absences; None for somebody who works day and night."""
    details = rep.details
    hours = agreement.calendars.get(details.calendar or "")
    week = details.shifts or (hours.week if hours is not None else ())
    if not week and not details.absences:
        return None
    holidays = details.holidays or (hours.holidays if hours is not None else None)
    return _calendar(zone_of(rep, agreement), week or _DAY_AND_NIGHT, holidays, details.absences)


def away_until(rep: Rep, now: datetime, agreement: Agreement) -> datetime | None:
    """When the absence ends in which an instant lies; None for somebody who is not away."""
    if not rep.details.absences:
        return None
    at = (now - _EPOCH).total_seconds()
    away = _away(rep.details.absences, zone_of(rep, agreement))
    return next((_EPOCH + timedelta(seconds=end) for begin, end in away if begin <= at < end), None)


def next_change(rep: Rep, now: datetime, agreement: Agreement) -> datetime | None:
    """When an absence begins or ends next; None, if nothing is planned."""
    away = _away(rep.details.absences, zone_of(rep, agreement))
    ahead = (_EPOCH + timedelta(seconds=second) for interval in away for second in interval)
    return min((at for at in ahead if at > now), default=None)


def off_shift_until(rep: Rep, now: datetime, agreement: Agreement) -> datetime | None:
    """When somebody is at work next; None, if they are now, or work day and night."""
    calendar = calendar_of(rep, agreement)
    if calendar is None:
        return None
    try:
        opens = next_opening(now, calendar)
    except NoWorkingTime:
        return now + _TWO_YEARS
    return opens if opens > now else None


def local(at: datetime, zone: str) -> str:
    """An instant as somebody in `zone` reads it."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %H:%M} {zone}"


@lru_cache(maxsize=2048)
def _calendar(zone: str, week: Week, holidays: str | None, absences: tuple[Absence, ...]) -> Calendar:
    hours = Calendar(zone, week, holidays)
    return hours.without(absence.interval(zone) for absence in absences) if absences else hours


@lru_cache(maxsize=8192)
def _away(absences: tuple[Absence, ...], zone: str) -> tuple[Interval, ...]:
    return tuple(united(absence.interval(zone) for absence in absences))
