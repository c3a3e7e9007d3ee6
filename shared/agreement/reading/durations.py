"""Durations, percentages and "30 per 7d" as people write them, and the same written back."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from shared.unknown import quoted

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(\d{1,9}) ?([smhdw])")
_SPELLED = re.compile(r"(\d{0,9}) *(sec|min|hour|hr|day|week)[a-z]*\.?", re.IGNORECASE)
_PERCENT = re.compile(r"(\d{1,5}(?:\.\d{1,4})?) ?%")
_AT_MOST = re.compile(r"(\d{1,6}) per (\S.*)")

DURATION_MAX = timedelta(days=3_650)
"""Nothing that two departments agree on takes longer than ten years."""


@dataclass(frozen=True, slots=True)
class AtMost:
    """No more than `points` from one rule in any window of length `per`."""

    points: int
    per: timedelta

    def __str__(self) -> str:
        return f"{self.points} per {written_duration(self.per)}"


def duration(value: object) -> timedelta:
    """'30s', '15m', '4h', '14d' or '2w' as a timedelta. Raises ValueError with what was expected."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected a duration such as 30s, 15m, 4h or 14d, {_found(value)}")
    seconds = int(match[1]) * _UNITS[match[2]]
    if not 0 < seconds <= DURATION_MAX.total_seconds():
        raise ValueError(f"expected a duration above 0 and of at most {DURATION_MAX.days}d, {_found(value)}")
    return timedelta(seconds=seconds)


def written_duration(length: timedelta) -> str:
    """A timedelta in the largest unit that expresses it exactly: 14 days are '14d', 90 minutes '90m'."""
    seconds = int(length.total_seconds())
    for unit in "dhms":
        if seconds % _UNITS[unit] == 0 and (seconds or unit == "s"):
            return f"{seconds // _UNITS[unit]}{unit}"
    return f"{seconds}s"


def percentage(value: object) -> Fraction:
    """'50%' as the exact fraction 1/2. Raises ValueError with what was expected."""
    if isinstance(value, Fraction):
        return value
    match = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        near = f"; did you mean {100 * value:g}%?" if isinstance(value, float) and 0 < value <= 1 else ""
        raise ValueError(f"expected a percentage such as 50%, found {quoted(value)}{near}")
    return Fraction(match[1]) / 100


def share(value: object) -> Fraction:
    """A number from 0 to 1, exactly as it is written: 0.4 is 2/5. Raises ValueError otherwise."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(
            f"expected a number from 0 to 1 such as 0.4, found {quoted(value)}{_as_share(value)}"
        )
    return Fraction(repr(value))


def at_most(value: object) -> AtMost:
    """'30 per 7d' as a cap. Raises ValueError with what was expected."""
    if isinstance(value, AtMost):
        return value
    match = _AT_MOST.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected points per duration such as '30 per 7d', found {quoted(value)}")
    if int(match[1]) == 0:
        raise ValueError("expected at least 1 point before 'per'; a rule that gives nothing can be removed")
    return AtMost(points=int(match[1]), per=duration(match[2]))


def instant(value: object) -> datetime:
    """'2026-11-01T00:00:00Z' or '2026-11-01' (midnight UTC) as an instant. Raises ValueError otherwise."""
    if isinstance(value, datetime):
        return value
    try:
        at = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None:
        raise ValueError(f"expected an instant such as 2026-11-01T00:00:00Z, found {quoted(value)}")
    if at.tzinfo is None and len(str(value).strip()) > len("2026-11-01"):
        raise ValueError(f"expected a zone at the end, such as Z or +01:00, found {quoted(value)}")
    try:
        return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"expected an instant such as 2026-11-01T00:00:00Z, found {quoted(value)}") from None


def _as_share(value: object) -> str:
    """What a percentage would be."""
    text = value.strip().removesuffix("%").strip() if isinstance(value, str) else str(value)
    if not re.fullmatch(r"\d{1,3}(\.\d{1,4})?", text) or not 2 <= float(text) <= 100:
        return ""
    return f"; did you mean {float(Fraction(text) / 100):g}?"


def _found(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"found {value}; a unit is missing"
    if isinstance(value, str) and re.fullmatch(r"\d{1,2}:\d\d(:\d\d)?", value.strip()):
        return f"found {quoted(value)}, which is a time of day"
    if isinstance(value, str) and (spelled := _SPELLED.fullmatch(value.strip())):
        return f"found {quoted(value)}; did you mean '{spelled[1] or 1}{spelled[2][0].lower()}'?"
    return f"found {quoted(value)}"
