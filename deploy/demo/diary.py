"""What the demo has seen and done so far: for the live view, and to hold against what Baton says."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

LAST: Final = 200


@dataclass(slots=True)
class Diary:
    """Notes of everyone in the demo. `leads` are the ids that Baton has answered with."""

    leads: set[str] = field(default_factory=set)
    returned: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    latest: deque[str] = field(default_factory=lambda: deque(maxlen=LAST))
    surprises: list[str] = field(default_factory=list)

    def note(self, what: str, sentence: str) -> None:
        """Count something, and show it."""
        self.counts[what] += 1
        self.latest.append(sentence)

    def surprise(self, sentence: str) -> None:
        """Something that should not happen: the demo fails by it."""
        self.surprises.append(sentence)
        self.latest.append(sentence)
