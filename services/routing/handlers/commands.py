"""What people do with leads: each command once in effect, refused in one sentence if it does not apply."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from services.routing import metrics
from services.routing.domain.choosing.ledger import is_no_lead
from services.routing.domain.choosing.wanted import Wanted, to_give_back, to_hand_off, to_tell
from services.routing.domain.clocks.untold import heard_by
from services.routing.domain.model import DONE_MAX, GivingUp, RoutedLead
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.steps import act, dispute
from services.routing.domain.steps.act import Actor
from services.routing.domain.steps.reporting import Contact
from services.routing.handlers.deciding import Step, decide_all, wants_the_rules
from shared.effects import CommandRefused, Decision, nothing
from shared.runtime.inbox import claim
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId

_DIGEST: Final = 16


@dataclass(frozen=True, slots=True)
class Command:
    """Who asks, about which lead. `key`: the caller's own idempotency key; else the content serves as one."""

    lead: LeadId
    who: Actor
    key: str | None = None
    traceparent: str | None = None


def accept(tx: Tx, command: Command) -> RoutedLead:
    """Yes: it is an SAL."""
    return _once(tx, command, "accept", {}, lambda lead, scene: act.accept(lead, command.who, scene))


def reject(tx: Tx, command: Command, reason: str, note: str, duplicate_of: str | None) -> RoutedLead:
    """No, with a reason of the agreement."""
    content = {"reason": reason, "note": note, "duplicate_of": duplicate_of}

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        return act.reject(lead, command.who, scene, reason=reason, note=note, duplicate_of=duplicate_of)

    return _once(tx, command, "reject", content, decide, _routes_or_gives_back)


def contact(tx: Tx, command: Command, said: Contact) -> RoutedLead:
    """One attempt or conversation. Without a key of the caller's own, each call is an attempt of its own."""

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        return act.contact(lead, command.who, scene, said=said)

    return _once(tx, command, "contact", msgspec.to_builtins(said), decide)


def book_meeting(
    tx: Tx, command: Command, starts_at: datetime, attendee: str | None, note: str
) -> RoutedLead:
    """A meeting is ahead."""

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        who = command.who
        return act.book_meeting(lead, who, scene, starts_at=starts_at, attendee=attendee, note=note)

    content = {"starts_at": starts_at.isoformat(), "attendee": attendee, "note": note}
    return _once(tx, command, "meeting", content, decide)


def hold_meeting(tx: Tx, command: Command, note: str) -> RoutedLead:
    """The meeting took place."""

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        return act.hold_meeting(lead, command.who, scene, note=note)

    return _once(tx, command, "meeting/held", {"note": note}, decide)


def miss_meeting(tx: Tx, command: Command, note: str) -> RoutedLead:
    """The lead did not come to the meeting."""

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        return act.miss_meeting(lead, command.who, scene, note=note)

    return _once(tx, command, "meeting/missed", {"note": note}, decide)


def cancel_meeting(tx: Tx, command: Command, note: str) -> RoutedLead:
    """The meeting will not take place."""

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        return act.cancel_meeting(lead, command.who, scene, note=note)

    return _once(tx, command, "meeting/cancelled", {"note": note}, decide)


def snooze(tx: Tx, command: Command, until: datetime, reason: str) -> RoutedLead:
    """They wait for the lead, and their clocks stand still."""

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        return act.snooze(lead, command.who, scene, until=until, reason=reason)

    return _once(tx, command, "snooze", {"until": until.isoformat(), "reason": reason}, decide)


def qualify(tx: Tx, command: Command, answers: Mapping[str, str]) -> RoutedLead:
    """It is an SQL."""

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        return act.qualify(lead, command.who, scene, answers=answers)

    return _once(tx, command, "qualify", dict(answers), decide, _hands_over)


def disqualify(tx: Tx, command: Command, why: GivingUp) -> RoutedLead:
    """Not now, or never."""

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        return act.disqualify(lead, command.who, scene, why=why)

    reason = tx.agreement.reasons.get(why.reason)
    needs = _gives_back if reason is not None and is_no_lead(reason) else _tells
    return _once(tx, command, "disqualify", msgspec.to_builtins(why), decide, needs)


def win(tx: Tx, command: Command, value: str | None, currency: str | None) -> RoutedLead:
    """Revenue."""

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        return act.win(lead, command.who, scene, value=value, currency=currency)

    return _once(tx, command, "won", {"value": value, "currency": currency}, decide)


def lose(tx: Tx, command: Command, why: GivingUp) -> RoutedLead:
    """The deal is lost."""

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        return act.lose(lead, command.who, scene, why=why)

    return _once(tx, command, "lost", msgspec.to_builtins(why), decide)


def accept_handoff(tx: Tx, command: Command) -> RoutedLead:
    """The account executive takes it over."""

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        return act.accept_handoff(lead, command.who, scene)

    return _once(tx, command, "handoff/accept", {}, decide)


def refuse_handoff(tx: Tx, command: Command, reason: str) -> RoutedLead:
    """The account executive does not take it, and says why."""

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        return act.refuse_handoff(lead, command.who, scene, reason=reason)

    return _once(tx, command, "handoff/refuse", {"reason": reason}, decide, _hands_over)


def rule(tx: Tx, command: Command, ruling: dispute.Ruling, note: str) -> RoutedLead:
    """The arbiter rules on a dispute about a lead."""

    def decide(lead: RoutedLead, scene: Scene) -> Routed:
        act.must_be_known(lead, scene.lead)
        return dispute.ruled(lead, ruling, command.who.person, note, scene)

    return _once(tx, command, "ruling", {"ruling": ruling, "note": note}, decide, _routes_or_gives_back)


_Needs = Callable[[RoutedLead, Tx], Wanted]


def _tells(lead: RoutedLead, tx: Tx) -> Wanted:
    return to_tell(lead, tx.agreement)


def _gives_back(lead: RoutedLead, tx: Tx) -> Wanted:
    return to_tell(lead, tx.agreement) | to_give_back(lead)


def _routes_or_gives_back(lead: RoutedLead, tx: Tx) -> Wanted:
    return wants_the_rules(tx, lead) | to_give_back(lead)


def _hands_over(lead: RoutedLead, tx: Tx) -> Wanted:
    return _tells(lead, tx) | to_hand_off(lead, tx.agreement, tx.now)


def _once(
    tx: Tx,
    command: Command,
    verb: str,
    content: Mapping[str, Any],
    decide: Callable[[RoutedLead, Scene], Routed],
    needs: _Needs = _tells,
) -> RoutedLead:
    """Do it, unless it is done: known by the caller's key, or as what they did last with this lead."""
    digest = _digest(verb, command.who.person, content)
    fresh = command.key is None or _claim_key(tx, command, digest)

    def once(lead: RoutedLead, scene: Scene) -> Routed:
        if not fresh:
            return nothing(lead)
        try:
            # Who acts on a lead knows of it, however they heard.
            knows = heard_by(command.who.person, lead, scene)
            decision = knows.then(decide(knows.state, scene))
        except CommandRefused:
            if lead.done.get(command.who.person) == digest:
                return nothing(lead)
            raise
        others = {who: did for who, did in lead.done.items() if who != command.who.person}
        done = dict([*others.items(), (command.who.person, digest)][-DONE_MAX:])
        return Decision(replace(decision.state, done=done), decision.effects)

    def cause(lead: RoutedLead) -> Cause:
        # The caller's key, or what is asked and of which state of the lead: the same again says the same.
        meets = f"/{lead.meeting.starts_at.isoformat()}" if lead.meeting is not None else ""
        state = f"{lead.custody.number}/{lead.attempts}/{lead.handoff_refusals}{meets}"
        return Cause(f"command/{command.key or f'{command.lead}/{digest}/{state}'}", 0, command.traceparent)

    step = Step(command.lead, cause, once, lambda lead: needs(lead, tx))
    before, after = decide_all(tx, [step])
    _measure(tx, before[command.lead], after[command.lead])
    return after[command.lead]


def _claim_key(tx: Tx, command: Command, digest: str) -> bool:
    name = f"command/{command.key}"
    same = f"{name}/{digest}/{command.lead}"
    fresh = claim(tx, [name, same])
    if name not in fresh and same in fresh:
        raise CommandRefused(
            "invalid", f"the Idempotency-Key {command.key} was used for another request; choose a new one"
        )
    return name in fresh


def _digest(verb: str, person: str, content: Mapping[str, Any]) -> str:
    written = msgspec.json.encode([verb, person, content], order="sorted")
    return hashlib.sha256(written).hexdigest()[:_DIGEST]


def _measure(tx: Tx, before: RoutedLead, after: RoutedLead) -> None:
    if (before.attempts, after.attempts) == (0, 1):
        metrics.touched(after.story.captured_at, tx.now)
    still = {(clock.name, clock.started_at) for clock in after.clocks}
    for clock in before.clocks:
        if (clock.name, clock.started_at) not in still and tx.now <= clock.due_at:
            metrics.met(clock.policy, clock.name, (tx.now - clock.started_at).total_seconds())
