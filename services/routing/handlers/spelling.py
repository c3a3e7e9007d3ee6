"""Colleagues whom the CRM names: it does not read the roster, and writes them in its own letters."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from msgspec.structs import replace

from services.routing.handlers.roster import spelling_of
from shared.contracts.envelope import Heard
from shared.contracts.recycle import LeadReturned
from shared.contracts.scoring import LeadQualified, LeadSetAside
from shared.contracts.values import Account, Whose
from shared.runtime.tx import Tx

_WITH_COLLEAGUES: Final = (LeadQualified, LeadSetAside, LeadReturned)
_Part = Account | Whose | LeadSetAside
_NAMED_BY: Final[dict[type[_Part], tuple[str, ...]]] = {
    Account: ("owner", "manager", "opportunity_owner"),
    Whose: ("person", "tell"),
    LeadSetAside: ("person", "tell"),
}


def as_known_here(tx: Tx, events: Sequence[Heard[Any]]) -> Sequence[Heard[Any]]:
    """These events, in which colleagues are written as the roster or the agreement writes them."""
    written = {name for heard in events for part in _parts(heard.event) for name in _names(part).values()}
    if not written:
        return events
    spelled = spelling_of(tx, written)
    return [replace(heard, event=_rewritten(heard.event, spelled)) for heard in events]


def _parts(event: Any) -> Iterator[_Part]:
    """What of an event may name colleagues."""
    if not isinstance(event, _WITH_COLLEAGUES):
        return
    if event.snapshot.account is not None:
        yield event.snapshot.account
    if isinstance(event, LeadSetAside):
        yield event
    if isinstance(event, LeadReturned) and event.whose is not None:
        yield event.whose


def _names(part: _Part) -> dict[str, str]:
    values = {field: getattr(part, field) for field in _NAMED_BY[type(part)]}
    return {field: value.strip() for field, value in values.items() if value is not None}


def _rewritten(event: Any, spelled: Callable[[str], str]) -> Any:
    if not isinstance(event, _WITH_COLLEAGUES):
        return event

    def known(part: Any) -> Any:
        if part is None:
            return None
        return replace(part, **{field: spelled(name) for field, name in _names(part).items()})

    event = replace(event, snapshot=replace(event.snapshot, account=known(event.snapshot.account)))
    if isinstance(event, LeadReturned):
        return replace(event, whose=known(event.whose))
    return known(event) if isinstance(event, LeadSetAside) else event
