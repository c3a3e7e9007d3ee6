"""The operators of the `when` language, and the kinds of values that each suits."""

from types import MappingProxyType
from typing import Final

from shared.agreement.conditions.vocabulary import Kind

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

MEANT: Final = MappingProxyType(
    {
        other: operator
        for operator, others in {
            "is": "equals equal eq",
            "in": "one_of any_of is_in",
            "at_least": "min minimum from gte greater_or_equal",
            "at_most": "max maximum to lte less_or_equal",
            "above": "greater_than more_than greater more over gt",
            "below": "less_than fewer_than less fewer under lt",
            "has_word": "has_words word words",
            "matches": "regex regexp",
            "contains": "includes like",
            "starts_with": "begins_with startswith",
            "known": "exists present",
            "missing": "empty unknown null",
        }.items()
        for other in others.split()
    }
)
"""What other tools call an operator."""

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
