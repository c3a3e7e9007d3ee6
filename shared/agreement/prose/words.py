"""How the prose writes lists, durations, shares, dates and conditions."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from shared.agreement.conditions.nodes import Always, Node
from shared.agreement.conditions.sentences import in_words
from shared.agreement.reading.durations import written_duration

_UNITS: Final = {"s": "second", "m": "minute", "h": "hour", "d": "day"}


def length(duration: timedelta) -> str:
    """A duration in the largest unit that expresses it exactly: '15 minutes', '1 day'."""
    written = written_duration(duration)
    return counted(int(written[:-1]), _UNITS[written[-1]])


def counted(count: int, what: str) -> str:
    """'1 day', '12,000 accounts'."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def percent(share: Fraction) -> str:
    """A share as a percentage, to its last digit: 2/5 is '40%'."""
    return f"{float(share * 100):.12g}%"


def money(amount: float) -> str:
    """A sum to its last digit: '1,200,000', '0.01'."""
    return f"{Decimal(repr(amount)).normalize():,f}"


def day(date_: date) -> str:
    """'31 March 2027'."""
    return f"{date_.day} {date_:%B %Y}"


def instant(at: datetime) -> str:
    """'1 November 2026, 00:00 UTC'; the file's instants are in UTC by now."""
    seconds = f":{at:%S}" if at.second else ""
    return f"{day(at)}, {at:%H:%M}{seconds} UTC"


def listed(items: Iterable[str], last: str = "and") -> str:
    """'a', 'a and b', 'a, b and c'."""
    *first, end = items
    return f"{', '.join(first)} {last} {end}" if first else end


def when(node: Node) -> str:
    """' when country is US', or nothing where there is no condition."""
    return "" if isinstance(node, Always) else f" when {in_words(node, whole=True)}"


def bullets(lines: Iterable[str]) -> str:
    """A Markdown list."""
    return "\n".join(f"- {line}" for line in lines)


def numbered(lines: Iterable[str]) -> str:
    """A numbered Markdown list: of these the first that applies decides."""
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))


def signed(points: int) -> str:
    """'+40 points', '−20 points'."""
    unit = "point" if abs(points) == 1 else "points"
    return f"{'+' if points >= 0 else '−'}{abs(points)} {unit}"
