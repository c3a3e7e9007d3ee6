"""What routing does about messages: gather a flood into a digest, and mind whether people could be told."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from services.routing import metrics
from services.routing.domain import digest
from services.routing.domain.choosing.wanted import Wanted, to_tell
from services.routing.domain.clocks.of_lead import timer_changes
from services.routing.domain.clocks.spent import kept_apart
from services.routing.domain.clocks.untold import FIRST_NEWS, could_not, heard_by
from services.routing.domain.digest import Item, Mailbox
from services.routing.domain.model import RoutedLead
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.words import DESTINATION, undelivered
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
    digests[0]["body"]["items"] = msgspec.to_builtins(box.held)
    return box.emptied(tx.now), digests[1:]


def _held_back(box: Mailbox, rows: Rows, most: int, window: timedelta, tx: Tx) -> tuple[Mailbox, Rows]:
    if not rows:
        return box, []
    after, room = box.take([Item(LeadId(row["lead_id"]), row["action"]) for row in rows], most)
    held = rows[room:]
    if held and not box.held:
        body = rows[-1]["body"]
        payload = {name: body.get(name) for name in ("person", "notify", "zone")}
        key, at = person_key(body["person"]), after.since + window
        tx.carry_out(key, [SetTimer(DIGEST, max(at, tx.now), payload)], Cause(f"{key}/{at.isoformat()}"))
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
        person = _person(errand)
        _decide(tx, errand, lambda item: lambda lead, scene: heard_by(person, lead, scene))


def set_back(tx: Tx, errand: DueErrand, answer: Answer) -> None:
    """An attempt failed over every way, and another one follows: the time until then is the system's."""
    if errand.destination == DESTINATION and any(item.action in FIRST_NEWS for item in _items(errand)):
        _decide(tx, errand, lambda item: _untold(errand, item))


def given_up(tx: Tx, errand: DueErrand, answer: Answer) -> None:
    """No attempt is left: the deputy is told, and it begins anew after a while."""
    metrics.undelivered.labels(errand.action).inc()
    if errand.action == "undelivered":
        return
    again, person = bool(errand.body.get("again")), _person(errand)

    def decide(item: Item) -> Decide:
        def decided(lead: RoutedLead, scene: Scene) -> Routed:
            known = could_not(lead, person, item.action, errand.written_at)
            return undelivered(known, person, item.action, answer.detail, scene, again=again)

        return decided

    _decide(tx, errand, decide)


def _untold(errand: DueErrand, item: Item) -> Decide:
    person = _person(errand)
    return lambda lead, scene: nothing(could_not(lead, person, item.action, errand.written_at))


def _decide(tx: Tx, errand: DueErrand, decide: Callable[[Item], Decide]) -> None:
    cause = Cause(f"errand/{errand.id}/{errand.attempt}", errand.hop, errand.traceparent)
    person = _person(errand)
    steps = [
        Step(
            item.lead,
            cause,
            decide(item),
            lambda lead: to_tell(lead, tx.agreement) | Wanted(told=frozenset([person])),
        )
        for item in _items(errand)
    ]
    decide_all(tx, steps)


def _items(errand: DueErrand) -> Sequence[Item]:
    return (
        digest.items_of(errand.body) if errand.action == digest.ACTION else [Item(errand.lead, errand.action)]
    )


def _person(errand: DueErrand) -> str:
    return str(errand.body.get("person", ""))
