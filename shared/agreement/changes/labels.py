"""How a place in the agreement is called in a sentence: 'MQL threshold', 'team amer: at most open'."""

from typing import Final

from shared.agreement.reading.source import Path

ENTRIES: Final[dict[Path, str]] = {
    ("lists",): "list",
    ("desks",): "desk",
    ("market", "segments"): "segment",
    ("market", "set_aside"): "set aside",
    ("definitions", "fast_lane"): "fast lane",
    ("scoring", "fit", "points"): "fit rule",
    ("scoring", "engagement", "points"): "engagement rule",
    ("routing", "teams"): "team",
    ("routing", "rules"): "rule",
    ("routing", "values"): "value",
    ("routing", "pace"): "pace",
    ("routing", "reject"): "reject reason",
    ("routing", "hand_off", "rules"): "hand-off rule",
    ("follow_up", "calendars"): "calendar",
    ("follow_up", "policies"): "policy",
    ("follow_up", "policies", "*", "ladder"): "step",
    ("recycle", "reasons"): "reason",
    ("recycle", "tracks"): "track",
    ("playbooks",): "playbook",
    ("targets", "sources"): "source",
}
"""The lists and mappings whose entries have a word of their own; * stands for the name of an entry."""

_LABELS: Final[dict[Path, str]] = {
    ("agreement",): "name of the agreement",
    ("effective_from",): "in force from",
    ("parties", "marketing"): "who signs for marketing",
    ("parties", "sales"): "who signs for sales",
    ("parties", "arbiter", "person"): "arbiter",
    ("parties", "arbiter", "rules_within"): "time for the arbiter to rule",
    ("intake", "owner"): "who answers until a lead is scored",
    ("intake", "scored_within"): "time to score",
    ("interests", "by"): "what tells interests apart",
    ("interests", "else"): "the interest where none is known",
    ("consent", "nurture_needs"): "consent needed to nurture",
    ("consent", "routing_needs"): "consent needed for sales",
    ("consent", "denied", "hold"): "desk for who refused",
    ("consent", "otherwise", "hold"): "desk for who may not be nurtured",
    ("market", "size"): "size of the market",
    ("market", "size", "accounts"): "accounts in the market",
    ("definitions", "mql", "score_at_least"): "MQL threshold",
    ("definitions", "mql", "grade_at_least"): "MQL grade",
    ("definitions", "mql", "requires"): "what must be known of an MQL",
    ("definitions", "sal"): "SAL",
    ("definitions", "sql", "requires"): "what must be known of an SQL",
    **{("scoring", "fit", "grades", grade): f"fit points from which grade {grade} starts" for grade in "ABC"},
    ("scoring", "engagement", "half_life"): "half-life of engagement points",
    ("scoring", "engagement", "cap"): "cap of engagement",
    ("scoring", "score", "fit"): "weight of fit",
    ("scoring", "score", "engagement"): "weight of engagement",
    ("scoring", "cools_below"): "score below which an MQL cools",
    ("scoring", "otherwise", "track"): "track of what is not qualified yet",
    ("routing", "hand_off"): "hand-off to account executives",
    ("routing", "reassign_at_most"): "reassignments at most",
    ("follow_up", "snooze_at_most"): "time for which a rep may wait for a lead",
    ("follow_up", "stalled_after"): "stalled after",
    ("recycle", "return_when"): "a lead returns when",
    ("recycle", "rounds_at_most"): "returns at most",
    ("recycle", "after_last_round", "track"): "track after the last return",
    ("recycle", "back_to"): "who gets a lead that returns",
}


def label(path: Path) -> str:
    """What the value or entry at a path is called. Entries are named by their names."""
    pattern: Path = ()
    parts: list[str] = []
    words: list[str] = []
    for step in path:
        noun = ENTRIES.get(pattern)
        if noun is not None:
            parts.append(f"{noun} {step}")
            words = []
        else:
            words.append(str(step).replace("_", " "))
        pattern = (*pattern, "*" if noun is not None else step)
    if pattern in _LABELS:
        return _LABELS[pattern]
    return ": ".join([*parts, *([" ".join(words)] if words else [])])
