"""What a change means to the people concerned, in a word or two."""

from typing import Any, Final

from shared.agreement.conditions.nodes import Node, implies
from shared.agreement.conditions.possible import can_hold
from shared.agreement.conditions.vocabulary import GRADES
from shared.agreement.reading.durations import AtMost
from shared.agreement.reading.source import Path

_EASIER: Final = ("harder", "easier")
_POINTS: Final = ("more points", "fewer points")
_TIME: Final = ("more time", "less time")
_ROOM: Final = ("more for each rep", "less for each rep")
_NURTURED: Final = ("fewer may be nurtured", "more may be nurtured")
_CALLED: Final = ("fewer may be called", "more may be called")
_LATER: Final = ("later", "sooner")

_WHEN_IT_GROWS: Final[dict[Path, tuple[str, str]]] = {
    ("definitions", "mql", "score_at_least"): _EASIER,
    ("scoring", "fit", "points", "*", "points"): _POINTS,
    ("scoring", "fit", "grades", "A"): _EASIER,
    ("scoring", "fit", "grades", "B"): _EASIER,
    ("scoring", "fit", "grades", "C"): _EASIER,
    ("scoring", "engagement", "points", "*", "points"): _POINTS,
    ("scoring", "engagement", "half_life"): ("points fade more slowly", "points fade faster"),
    ("scoring", "engagement", "cap"): ("easier", "harder"),
    ("scoring", "cools_below"): ("cools sooner", "cools later"),
    ("routing", "teams", "*", "at_most", "open"): _ROOM,
    ("routing", "teams", "*", "at_most", "per_day"): _ROOM,
    ("routing", "values", "*", "counts"): ("counts for more", "counts for less"),
    ("routing", "pace", "*", "per_rep_per_day"): _ROOM,
    ("recycle", "reasons", "*", "not_before"): ("returns later", "returns sooner"),
    ("recycle", "rounds_at_most"): ("more returns", "fewer returns"),
    ("follow_up", "snooze_at_most"): ("longer", "shorter"),
    ("follow_up", "stalled_after"): _LATER,
    ("follow_up", "policies", "*", "ladder", "*", "at"): _LATER,
    ("targets", "revenue"): ("more leads needed", "fewer leads needed"),
    ("targets", "average_deal"): ("fewer leads needed", "more leads needed"),
}

_NONE_IS_LEAST: Final = frozenset({("recycle", "reasons", "*", "not_before")})
_NONE_IS: Final = _NONE_IS_LEAST | {
    ("routing", "teams", "*", "at_most", "open"),
    ("routing", "teams", "*", "at_most", "per_day"),
}
"""Where nothing is said, nothing is waited for; or there is no limit."""

_CONSENT: Final[dict[Path, tuple[str, str]]] = {
    ("consent", "nurture_needs"): _NURTURED,
    ("consent", "routing_needs"): _CALLED,
}


def effect(pattern: Path, before: Any, after: Any, *of: Any) -> str:
    """What it means that the value at a place, written with * for names, is another now; "" if unknown.

    `of`: the two entries whose value it is.
    """
    if pattern == ("definitions", "mql", "grade_at_least"):
        return _EASIER[GRADES.index(after) > GRADES.index(before)]
    if pattern in _CONSENT:
        return _CONSENT[pattern][after == "not_denied"]
    if pattern[-1:] == ("requires",):
        return _required(set(before), set(after))
    if isinstance(before, AtMost) or isinstance(after, AtMost):
        return _capped(before, after) if all(rule.points > 0 for rule in of) else ""
    grows = _WHEN_IT_GROWS.get(pattern) or _by_its_name(pattern)
    if grows is None:
        return ""
    if before is None or after is None:
        return grows[(after is None) == (pattern in _NONE_IS_LEAST)] if pattern in _NONE_IS else ""
    return grows[0] if after > before else grows[1]


def effect_on(before: Node, after: Node) -> str:
    """What another condition means, where that can be told."""
    is_narrower, is_wider = _within(after, before), _within(before, after)
    if is_narrower == is_wider:
        return ""
    return "narrower" if is_narrower else "wider"


def _within(narrow: Node, wide: Node) -> bool:
    """Whether no lead fulfils the one and not the other, by their shape or as every sort of lead shows."""
    return implies(narrow, wide) or not can_hold([narrow], [wide])


def _capped(before: AtMost | None, after: AtMost | None) -> str:
    """More points in a longer time may be either. What is taken away has no such effect."""
    if before is None or after is None:
        return _POINTS[before is None]
    if after.points >= before.points and after.per <= before.per:
        return _POINTS[0]
    return _POINTS[1] if after.points <= before.points and after.per >= before.per else ""


def _required(before: set[str], after: set[str]) -> str:
    if after > before:
        return "harder"
    return "easier" if after < before else ""


def _by_its_name(pattern: Path) -> tuple[str, str] | None:
    if str(pattern[-1]).endswith("_within"):
        return _TIME
    if pattern[:1] == ("targets",) and "rates" in pattern:
        return ("fewer leads needed", "more leads needed")
    return None
