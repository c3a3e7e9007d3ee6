"""What routing does about messages: gather a flood into a digest, and mind whether people could be told."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from services.routing import metrics
from services.routing.domain import digest
from services.routing.domain.choosing.wanted import Wanted, to_tell
from services.routing.domain.clocks.of_lead import timer_changes
from services.routing.domain.clocks.spent import kept_apart
from services.routing.domain.clocks.untold import FIRST_NEWS, could_not, heard_by, undelivered
from services.routing.domain.digest import Digest, Item, Mailbox, items_of, said_in
from services.routing.domain.model import RoutedLead
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.telling.letter import Message
from services.routing.domain.words import DESTINATION
from services.routing.handlers.deciding import Decide, Step, decide_all, person_key
from services.routing.store.leads import lead_states
from services.routing.store.mailboxes import lock_mailboxes, save_mailboxes
from shared.effects import Errand, FiredTimer, SetTimer, nothing
from shared.runtime.service import Answer, DueErrand
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId

DIGEST: Final = "digest"
"""The purpose of a person's own timer: what is held back for them goes out."""
Rows = list[dict[str, Any]]


def gather(tx: Tx, most: int, window: timedelta) -> None:
    """Hold back what is more than `most` messages for one person in a window; a digest takes it along.

    It is the last thing that a transaction does, and nothing else touches mailboxes.
    """
    to_people = [row for row in tx.errands if row["destination"] == DESTINATION]
    if not to_people:
        return
    waiting: defaultdict[str, Rows] = defaultdict(list)
    for row in to_people:
        waiting[row["body"]["person"]].append(row)
    boxes = lock_mailboxes(tx.conn, waiting, tx.now)
    dropped: set[int] = set()
    for person, rows in waiting.items():
        digests = [row for row in rows if row["action"] == digest.ACTION]
        boxes[person], empty = _filled(boxes[person], digests, tx)
        alone = [row for row in rows if row["action"] != digest.ACTION]
        boxes[person], held = _held_back(boxes[person].opened(tx.now, window), alone, most, window, tx)
        dropped |= {id(row) for row in (*empty, *held)}
    save_mailboxes(tx.conn, boxes)
    tx.errands[:] = [row for row in tx.errands if id(row) not in dropped]


def _filled(box: Mailbox, digests: Rows, tx: Tx) -> tuple[Mailbox, Rows]:
    """Put what is held back into the digest whose time has come; one that finds nothing is not sent."""
    if not digests or not box.held:
        return box, digests
    said = msgspec.convert(digests[0]["body"], Digest)
    digests[0]["body"] = msgspec.to_builtins(replace(said, items=box.held))
    return box.emptied(tx.now), digests[1:]


def _held_back(box: Mailbox, rows: Rows, most: int, window: timedelta, tx: Tx) -> tuple[Mailbox, Rows]:
    if not rows:
        return box, []
    after, room = box.take([Item(LeadId(row["lead_id"]), row["action"]) for row in rows], most)
    held = rows[room:]
    if held and not box.held:
        empty = Digest.like(msgspec.convert(rows[-1]["body"], Message))
        key, at = person_key(empty.person), after.since + window
        again = SetTimer(DIGEST, max(at, tx.now), msgspec.to_builtins(empty))
        tx.carry_out(key, [again], Cause(f"{key}/{at.isoformat()}"))
    _stand_still(held, tx)
    return after, held


def _stand_still(held: Rows, tx: Tx) -> None:
    """Whoever is not told yet that a lead is theirs can not be late. These leads are locked already."""
    news = {LeadId(row["lead_id"]): row for row in held if row["action"] in FIRST_NEWS}
    before = lead_states.read(tx.conn, list(news))
    changed = {}
    for lead, row in news.items():
        known = could_not(before[lead], row["body"]["person"], row["action"], tx.now)
        changed[lead] = kept_apart(before[lead], known, tx.now)
        cause = Cause(row["key"], row["hop"], row["traceparent"])
        tx.carry_out(lead, timer_changes(before[lead], changed[lead]), cause)
    lead_states.save(tx.conn, changed)


def let_go(tx: Tx, timers: Iterable[FiredTimer]) -> None:
    """The window is over: what is held back goes out together. `gather` fills these errands."""
    for timer in timers:
        key = f"{timer.lead}/{timer.due_at.isoformat()}"
        tx.carry_out(
            timer.lead, [Errand(DESTINATION, digest.ACTION, key=key, body=timer.payload)], Cause.of(timer)
        )


def delivered(tx: Tx, errand: DueErrand, answer: Answer) -> None:
    """They know now. Only where they could not be told before is there anything to do."""
    if answer.body.get("untold"):
        person = _said(errand).person
        _decide(tx, errand, lambda item: lambda lead, scene: heard_by(person, lead, scene))


def set_back(tx: Tx, errand: DueErrand, answer: Answer) -> None:
    """An attempt failed over every way, and another one follows: the time until then is the system's."""
    if errand.destination != DESTINATION:
        return
    person = _said(errand).person

    def decide(item: Item) -> Decide:
        return lambda lead, scene: nothing(could_not(lead, person, item.action, errand.written_at))

    if any(item.action in FIRST_NEWS for item in items_of(_said(errand))):
        _decide(tx, errand, decide)


def given_up(tx: Tx, errand: DueErrand, answer: Answer) -> None:
    """No attempt is left: the deputy is told, and it begins anew after a while."""
    metrics.undelivered.labels(errand.action).inc()
    if errand.action == "undelivered":
        return
    said = _said(errand)
    again = isinstance(said, Message) and said.again

    def decide(item: Item) -> Decide:
        def decided(lead: RoutedLead, scene: Scene) -> Routed:
            known = could_not(lead, said.person, item.action, errand.written_at)
            return undelivered(known, said.person, item.action, answer.detail, scene, again=again)

        return decided

    _decide(tx, errand, decide)


def _decide(tx: Tx, errand: DueErrand, decide: Callable[[Item], Decide]) -> None:
    cause = Cause(f"errand/{errand.id}/{errand.attempt}", errand.hop, errand.traceparent)
    said = _said(errand)
    told = Wanted(told=frozenset([said.person]))
    steps = [
        Step(item.lead, cause, decide(item), lambda lead: to_tell(lead, tx.agreement) | told)
        for item in items_of(said)
    ]
    decide_all(tx, steps)


def _said(errand: DueErrand) -> Message | Digest:
    return said_in(errand.action, errand.body)
