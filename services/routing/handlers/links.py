"""What a click on an action link does: the same as the same command over HTTP, once."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, assert_never

from services.routing.domain.clocks.waiting import may_wait
from services.routing.domain.model import RoutedLead
from services.routing.domain.steps.act import Actor
from services.routing.domain.steps.reporting import Contact
from services.routing.domain.telling.links import Link, Verb, person_of
from services.routing.domain.telling.pages import DAYS
from services.routing.handlers import commands
from services.routing.handlers.commands import Command
from services.routing.store.leads import lead_states
from shared.agreement.prose.words import length
from shared.effects import CommandRefused
from shared.runtime.inbox import claim, knows
from shared.runtime.tx import Tx

_MEETINGS: Final[Mapping[Verb, Callable[[Tx, Command, str], RoutedLead]]] = {
    "held": commands.hold_meeting,
    "missed": commands.miss_meeting,
    "cancel": commands.cancel_meeting,
}


class LinkUsed(Exception):
    """It was used before; nothing was done."""


class MovedOn(Exception):
    """The lead is not where it was when the link was made; nothing was done."""


def look(tx: Tx, link: Link) -> tuple[str, ...]:
    """Whether it could be used, without using it. Returns what there is to choose from: reasons, or days.

    Raises LinkUsed, MovedOn; CommandRefused if all the time is used up for which a rep may wait.
    """
    if knows(tx, _claimed(link)):
        raise LinkUsed
    lead, _ = _meant(tx, link)
    if link.verb != "snooze":
        return tuple(tx.agreement.reject)
    still = may_wait(lead, tx.now, tx.agreement)
    days = tuple(days for days in DAYS if timedelta(days=int(days)) <= still)
    if not days:
        at_most = length(tx.agreement.snooze_at_most)
        raise CommandRefused("invalid", f"a rep waits for a lead for {at_most} at most, all in all")
    return days


def use(tx: Tx, link: Link, fields: Mapping[str, str], traceparent: str | None) -> RoutedLead:
    """Do what the link says. Raises LinkUsed, MovedOn; CommandRefused, and then it can be used again."""
    if not claim(tx, [_claimed(link)]):
        raise LinkUsed
    _, person = _meant(tx, link)
    return _do(tx, link.verb, Command(link.lead, Actor(person), f"link/{link.id}", traceparent), fields)


def _do(tx: Tx, verb: Verb, command: Command, fields: Mapping[str, str]) -> RoutedLead:
    match verb:
        case "held" | "missed" | "cancel":
            return _MEETINGS[verb](tx, command, fields.get("note", ""))
        case "accept":
            return commands.accept(tx, command)
        case "reject":
            return commands.reject(tx, command, fields.get("reason", ""), fields.get("note", ""), None)
        case "contact":
            return commands.contact(tx, command, _contact(fields))
        case "snooze":
            return commands.snooze(tx, command, tx.now + _days(fields), fields.get("reason", ""))
        case "take over":
            return commands.accept_handoff(tx, command)
        case "refuse":
            return commands.refuse_handoff(tx, command, fields.get("reason", ""))
        case _:
            assert_never(verb)


def _meant(tx: Tx, link: Link) -> tuple[RoutedLead, str]:
    """The lead, and whose link it is."""
    state = lead_states.read(tx.conn, [link.lead]).get(link.lead)
    person = person_of(link, state) if state is not None else None
    if state is None or person is None:
        raise MovedOn
    return state, person


def _contact(fields: Mapping[str, str]) -> Contact:
    return Contact(
        channel=fields.get("channel") or "phone",
        outcome=fields.get("outcome", ""),
        note=fields.get("note", ""),
    )


def _days(fields: Mapping[str, str]) -> timedelta:
    days = fields.get("days", "")
    return timedelta(days=int(days) if days in DAYS else 1)


def _claimed(link: Link) -> str:
    return f"link used/{link.id}"
