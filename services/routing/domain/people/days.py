"""A day is the date where somebody is: it begins at their midnight, and opens when they begin to work."""

from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.routing.domain.people.availability import off_shift_until, zone_of
from services.routing.domain.people.bench import Rep
from shared.agreement import Agreement


def day_of(rep: Rep, now: datetime, agreement: Agreement) -> str:
    """The date where somebody is, as in 2026-11-27."""
    return _date(zone_of(rep, agreement), now)


@lru_cache(maxsize=256)
def _date(zone: str, now: datetime) -> str:
    return f"{now.astimezone(ZoneInfo(zone)):%Y-%m-%d}"


def next_day(rep: Rep, now: datetime, agreement: Agreement) -> datetime:
    """When the next day begins where somebody is."""
    zone = ZoneInfo(zone_of(rep, agreement))
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(now.tzinfo)


def next_day_opens(rep: Rep, now: datetime, agreement: Agreement) -> datetime:
    """When somebody begins to work on a day after this one."""
    begins = next_day(rep, now, agreement)
    return off_shift_until(rep, begins, agreement) or begins


def opens(rep: Rep, now: datetime, agreement: Agreement) -> datetime:
    """When somebody begins to work next: later today, if they have not begun yet, or on another day."""
    return off_shift_until(rep, now, agreement) or next_day_opens(rep, now, agreement)
