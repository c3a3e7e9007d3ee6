"""What a mutant is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One guarantee less. `old` stands exactly once in `file`.

    The simulation sees it, or `test`: what needs processes, Kafka, PostgreSQL or every order of things.
    """

    name: str
    file: str
    old: str
    new: str
    test: str = ""
