"""Says which parts of an agreement are accepted and checked, but not enforced yet."""

from collections.abc import Callable, Iterable, Iterator

from shared.agreement.agreement import Agreement
from shared.agreement.parts import Target


def not_enforced_yet(agreement: Agreement) -> list[str]:
    """One sentence for each part of this agreement that the services accept and do not act on yet."""
    return [note for part in _PARTS for note in part(agreement)]


def _market(agreement: Agreement) -> Iterator[str]:
    written = agreement.written
    if written.market.size is not None:
        yield "market.size: coverage of the market is not reported yet"
    asides = agreement.sections.set_aside.choices
    chosen = [rule.name for rule in asides if rule.to is not None and _chooses(rule.to)]
    if chosen:
        yield f"market.set_aside: {_named(chosen)}: the first team named is taken, and any of its members"
    told = [rule.name for rule in asides if rule.hold is not None and (rule.tell or rule.counts_as)]
    if told:
        yield f"market.set_aside: {_named(told)}: nobody is told of it, and it counts as nothing else"


def _teams(agreement: Agreement) -> Iterator[str]:
    teams = agreement.teams.values()
    yield from _for_teams("turn", "every team takes fair turns", (t.name for t in teams if t.turn != "fair"))
    per_day = (team.name for team in teams if team.at_most_per_day is not None)
    yield from _for_teams("at_most.per_day", "only `open` caps are kept", per_day)
    other = (team.name for team in teams if team.nobody_available != "queue")
    yield from _for_teams("nobody_available", "such leads wait in the team's queue", other)
    yield from _for_teams("catch_up", "who comes back starts at par", (t.name for t in teams if t.catch_up))
    exclusive = (team.name for team in teams if team.count_exclusive)
    yield from _for_teams("count_exclusive", "they do not use up a turn", exclusive)


def _routing(agreement: Agreement) -> Iterator[str]:
    if agreement.written.routing.pace:
        yield "routing.pace: imported leads are given out at once"
    targets = [(rule.name, target) for rule in agreement.routing_rules for target in _targets(rule.to)]
    for kind, meaning in (
        ("first_open", "the first team named is taken"),
        ("queue", "the team itself is taken"),
    ):
        names = [name for name, target in targets if target.kind == kind]
        if names:
            yield f"routing.rules: {kind} in {_named(names)}: {meaning}"
    chosen = [name for name, target in targets if target.who]
    if chosen:
        yield f"routing.rules: who in {_named(chosen)}: every member of the team is a candidate"
    told = [rule.name for rule in agreement.routing_rules if rule.tell is not None]
    if told:
        yield f"routing.rules: tell in {_named(told)}: nobody else is told"
    if agreement.hand_off is not None and len(agreement.hand_off.rules) > 1:
        yield f"routing.hand_off.rules: all are handed to {agreement.hand_off.team}"


def _measured(agreement: Agreement) -> Iterator[str]:
    if agreement.written.duties is not None:
        yield "duties: they are not measured yet"


_PARTS: tuple[Callable[[Agreement], Iterable[str]], ...] = (
    _market,
    _teams,
    _routing,
    _measured,
)


def _for_teams(field: str, meaning: str, teams: Iterable[str]) -> Iterator[str]:
    named = list(teams)
    if named:
        yield f"routing.teams: {field} of {_named(named)}: {meaning}"


def _targets(target: Target) -> Iterator[Target]:
    yield target
    if isinstance(target.otherwise, Target):
        yield from _targets(target.otherwise)


def _chooses(to: Target) -> bool:
    return any(target.kind in ("first_open", "queue") or target.who for target in _targets(to))


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in dict.fromkeys(names))
