"""The teams to which a rule may lead."""

from collections.abc import Iterator

from shared.agreement.parts import Target


def teams_of(to: Target) -> Iterator[str]:
    """Every team that the rule names, also for when the first choice can not be done."""
    if isinstance(to.value, tuple):
        yield from to.value
    elif to.kind != "person":
        yield to.value
    if isinstance(to.otherwise, Target):
        yield from teams_of(to.otherwise)
