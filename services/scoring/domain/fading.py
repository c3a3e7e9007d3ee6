"""Points that fade: worth = points × 0.5 ^ (age / half-life), in whole numbers, the same on every machine."""

from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Final

_STEPS: Final = 1024
_STEP_BITS: Final = 30
_HALVINGS_MAX: Final = 64
WHOLE: Final = 1 << (_STEP_BITS + _HALVINGS_MAX)
"""What is left of a point that has not faded, in the unit of `left_of`."""
GONE_AFTER: Final = _HALVINGS_MAX + 1
"""After so many half-lives nothing is left."""


def _fade_table() -> tuple[int, ...]:
    # Decimal arithmetic is exact to its precision everywhere; a float's last bit is not.
    with localcontext() as context:
        context.prec = 60
        step = Decimal("0.5") ** (Decimal(1) / _STEPS)
        value, table = Decimal(1), []
        for _ in range(_STEPS):
            table.append(int(value * (1 << _STEP_BITS)))
            value *= step
    return tuple(table)


_FADE: Final = _fade_table()


def left_of(age: timedelta, half_life: timedelta) -> int:
    """What is left of one point after `age`, in parts of WHOLE. What is still ahead has age 0.

    Points are multiplied with it and added up before anything is cut off, so the sum is exact however many
    activities it has.
    """
    return left_after(microseconds(age), microseconds(half_life))


def left_after(age_us: int, half_life_us: int) -> int:
    """The same, for ages in microseconds: the arithmetic of timedelta costs four times as much."""
    steps = age_us * _STEPS // half_life_us
    if steps <= 0:
        return WHOLE
    halvings = steps // _STEPS
    return _FADE[steps % _STEPS] << (_HALVINGS_MAX - halvings) if halvings <= _HALVINGS_MAX else 0


def microseconds(length: timedelta) -> int:
    """The length of a time, exactly."""
    return (length.days * 86_400 + length.seconds) * 1_000_000 + length.microseconds
