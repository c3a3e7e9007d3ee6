"""One change between two versions, and the headings under which changes are told."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from shared.agreement.reading.source import Path

Kind: TypeAlias = Literal["changed", "new", "gone", "moved", "renamed"]

HEADINGS: Final = (
    "What an MQL is",
    "The score",
    "The market",
    "Who gets a lead",
    "By when sales acts",
    "The way back",
    "Who answers",
    "What the rep sees",
    "Targets and duties",
    "The document",
)
"""From the most consequential to the least: who is worked at all, by whom, by when, and what is only said."""

_HEADING_OF: Final[dict[Path, str]] = {
    ("definitions",): "What an MQL is",
    ("consent",): "What an MQL is",
    ("market", "set_aside"): "What an MQL is",
    ("scoring",): "The score",
    ("market",): "The market",
    ("interests",): "Who gets a lead",
    ("lists",): "Who gets a lead",
    ("routing",): "Who gets a lead",
    ("follow_up",): "By when sales acts",
    ("recycle",): "The way back",
    ("parties",): "Who answers",
    ("intake",): "Who answers",
    ("desks",): "Who answers",
    ("playbooks",): "What the rep sees",
    ("targets",): "Targets and duties",
    ("duties",): "Targets and duties",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different. `path` names entries by their names; `effect` says what that means."""

    kind: Kind
    path: Path
    sentence: str
    before: str | None = None
    after: str | None = None
    effect: str = ""

    @property
    def heading(self) -> str:
        """The part of the agreement that it is about."""
        prefixes = (self.path[:length] for length in range(len(self.path), 0, -1))
        return next((_HEADING_OF[prefix] for prefix in prefixes if prefix in _HEADING_OF), HEADINGS[-1])
