"""Says which parts of an agreement are accepted and checked, but not enforced yet."""

from collections.abc import Callable, Iterable, Iterator

from shared.agreement.agreement import Agreement


def not_enforced_yet(agreement: Agreement) -> list[str]:
    """One sentence for each part of this agreement that the services accept and do not act on yet."""
    return [note for part in _PARTS for note in part(agreement)]


def _routing(agreement: Agreement) -> Iterator[str]:
    rules = agreement.hand_off.rules if agreement.hand_off is not None else ()
    instead = [rule.name for rule in rules if any(one.kind != "team" for one in rule.to.in_turn)]
    if instead:
        yield f"routing.hand_off.rules: {_named(instead)}: only teams are asked, one after the other"


def _measured(agreement: Agreement) -> Iterator[str]:
    if agreement.written.duties is not None:
        yield "duties: they are not measured yet"


_PARTS: tuple[Callable[[Agreement], Iterable[str]], ...] = (
    _routing,
    _measured,
)


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in dict.fromkeys(names))
