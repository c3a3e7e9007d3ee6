"""When somebody works, when they are away, who covers for them, and what they can do."""

from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from services.routing.domain.time.calendar import Interval
from shared.agreement.reading.hours import Week

AbsenceKind = Literal["pto", "sick", "other"]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)
_DATE_LENGTH: Final = len("2026-11-30")


class Absence(msgspec.Struct, frozen=True, omit_defaults=True):
    """Time away, as written: dates are whole days, the last one too; times are local, or have an offset.

    `imported`: it came from a calendar file, and goes when that is read again without it.
    """

    begin: str
    end: str
    kind: AbsenceKind = "pto"
    note: str = ""
    imported: bool = False

    def interval(self, zone: str) -> Interval:
        """From when to when in `zone`, in seconds since the epoch. Raises ValueError for what is no date."""
        end = _instant(self.end, zone, after=len(self.end) <= _DATE_LENGTH)
        return _second_of(_instant(self.begin, zone)), _second_of(end)


class Details(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the roster says of a person beside their teams.

    `calendar` is one of the agreement's; `zone`, `holidays` and `shifts` replace what it says. `cover` has
    what comes up while they are away; if `cover_takes_over`, also what they hold when it begins.
    """

    skills: tuple[str, ...] = ()
    calendar: str | None = None
    zone: str | None = None
    holidays: str | None = None
    shifts: Week = ()
    absences: tuple[Absence, ...] = ()
    cover: str | None = None
    cover_takes_over: bool = False


NO_DETAILS: Final = Details()


def _instant(written: str, zone: str, *, after: bool = False) -> datetime:
    """An instant as it was written; `after`: the end of that day."""
    if len(written) <= _DATE_LENGTH:
        day = date.fromisoformat(written) + (_DAY if after else timedelta())
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    at = datetime.fromisoformat(written)
    return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))


def _second_of(at: datetime) -> int:
    return (at.astimezone(UTC) - _EPOCH) // _SECOND
