"""The operators of the `when` language, and the kinds of values that each suits."""

from types import MappingProxyType
from typing import Final

from shared.agreement.vocabulary import Kind

_EVERY: Final = frozenset(Kind)
_TEXT: Final = frozenset({Kind.TEXT})
_ORDERED: Final = frozenset({Kind.NUMBER, Kind.GRADE})

OPERATORS: Final = MappingProxyType(
    {
        "is": frozenset({Kind.TEXT, Kind.NUMBER, Kind.TRUTH, Kind.GRADE}),
        "in": frozenset({Kind.TEXT, Kind.NUMBER, Kind.GRADE}),
        "in_list": _TEXT,
        "at_least": _ORDERED,
        "at_most": _ORDERED,
        "above": _ORDERED,
        "below": _ORDERED,
        "has_word": _TEXT,
        "matches": _TEXT,
        "contains": _TEXT,
        "starts_with": _TEXT,
        "known": _EVERY,
        "missing": _EVERY,
        "within": frozenset({Kind.INSTANT}),
    }
)
"""Every operator, and the kinds of names it can stand behind."""

SUGAR: Final = MappingProxyType(
    {
        "score_at_least": ("score", "at_least"),
        "grade_at_least": ("grade", "at_least"),
    }
)
"""Short forms: `score_at_least: 60` is `score: {at_least: 60}`."""


def suiting(kind: Kind) -> list[str]:
    """The operators that can stand behind a name of this kind."""
    return [name for name, kinds in OPERATORS.items() if kind in kinds]
