"""Points that fade: worth = points × 0.5 ^ (age / half-life), in thousandths, the same on every machine."""

from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Final

MILLI: Final = 1000
_STEPS: Final = 1024
_ONE: Final = 1 << 30


def _fade_table() -> tuple[int, ...]:
    # Decimal arithmetic is exact to its precision everywhere; a float's last bit is not.
    with localcontext() as context:
        context.prec = 60
        step = Decimal("0.5") ** (Decimal(1) / _STEPS)
        value, table = Decimal(1), []
        for _ in range(_STEPS):
            table.append(int(value * _ONE))
            value *= step
    return tuple(table)


_FADE: Final = _fade_table()


def worth(points: int, age: timedelta, half_life: timedelta) -> int:
    """What `points` are worth after `age`, in thousandths of a point. An event in the future has age 0."""
    age_us = max(0, age // timedelta(microseconds=1))
    half_life_us = half_life // timedelta(microseconds=1)
    halvings, rest = divmod(age_us * _STEPS // half_life_us, _STEPS)
    faded = (abs(points) * MILLI * _FADE[rest] >> 30) >> halvings
    return faded if points >= 0 else -faded
