"""Says which parts of an agreement are accepted and checked, but not enforced yet."""

from collections.abc import Callable, Iterable, Iterator

from shared.agreement.agreement import Agreement
from shared.agreement.building.parts import Target


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


def _routing(agreement: Agreement) -> Iterator[str]:
    rules = agreement.hand_off.rules if agreement.hand_off is not None else ()
    instead = [rule.name for rule in rules if any(one.kind != "team" for one in _targets(rule.to))]
    if instead:
        yield f"routing.hand_off.rules: {_named(instead)}: only teams are asked, one after the other"


def _measured(agreement: Agreement) -> Iterator[str]:
    if agreement.written.duties is not None:
        yield "duties: they are not measured yet"


_PARTS: tuple[Callable[[Agreement], Iterable[str]], ...] = (
    _market,
    _routing,
    _measured,
)


def _targets(target: Target) -> Iterator[Target]:
    yield target
    if isinstance(target.otherwise, Target):
        yield from _targets(target.otherwise)


def _chooses(to: Target) -> bool:
    return any(target.kind in ("first_open", "queue") or target.who for target in _targets(to))


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in dict.fromkeys(names))
