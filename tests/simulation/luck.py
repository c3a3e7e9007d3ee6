"""Bad luck from a seed: when the power fails, and which rare situations a run has met."""

import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field


class PowerCut(BaseException):
    """The process died at this point: nothing after it ran. No handler may catch it."""


@dataclass(slots=True)
class Luck:
    """The dice of one run. Everything random comes from here, so that the seed says everything."""

    seed: int
    crash_chance: float = 0.016
    healed: bool = False
    crashes: int = 0
    marks: Counter[str] = field(default_factory=Counter)
    dice: random.Random = field(init=False)
    _trace: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def chance(self, probability: float) -> bool:
        """Whether bad luck strikes now; after healing it never does."""
        return not self.healed and self.dice.random() < probability

    def seam(self, where: str) -> None:
        """The power may fail here."""
        if self.chance(self.crash_chance):
            self.crashes += 1
            self.marks[f"crash at {where.split()[-1]}"] += 1
            raise PowerCut(where)

    def note(self, *what: object) -> None:
        """Part of the run's trace: the same seed must give the same trace."""
        self._trace.update(repr(what).encode())

    def trace(self) -> str:
        return self._trace.hexdigest()
