"""The world around one lead: what may still happen to it, what the tool was asked, and the ledger's truth."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from shared import baton
from tests.unit.baton_search.cast import INGEST, RECYCLE, ROUTING, SCORING, SERVICES, Cast, Event


class Outside(NamedTuple):
    """`moves` may still happen, once each. From `number` on: the ledger, as it is said."""

    name: str
    moves: tuple[str, ...]
    seq: int = 1
    tool: tuple[int, ...] = ()
    number: int = 0
    owner: Any = None
    over: tuple[str, ...] = ()
    denied: bool = False
    refusals: int = 0
    rounds: int = 0
    reassignments: int = 0


class Move(NamedTuple):
    """Something that may happen: to whom, as what, and the world after it."""

    words: str
    service: int
    event: Event
    after: Outside


# What people, clocks that may or may not run out, and scoring's clock do: (service, event).
_DEEDS: Final[dict[str, tuple[int, Event]]] = {
    "accept": (ROUTING, Event("accepts")),
    "breach": (ROUTING, Event("breach")),
    "wrong team": (ROUTING, Event("wrong_team")),
    "dispute": (ROUTING, Event("disputes")),
    "ruling for marketing": (ROUTING, Event("ruling", why="marketing")),
    "ruling for sales": (ROUTING, Event("ruling", why="sales")),
    "bad timing": (ROUTING, Event("gives_up", why="bad-timing")),
    "disqualify": (ROUTING, Event("gives_up", why="no-need")),
    "never again": (ROUTING, Event("gives_up", why="no-fit")),
    "stall": (ROUTING, Event("gives_up", why="stalled")),
    "win": (ROUTING, Event("wins")),
    "no lead": (ROUTING, Event("no_lead")),
    "ana leaves": (ROUTING, Event("leaves", why="ana")),
    "ben leaves": (ROUTING, Event("leaves", why="ben")),
    "hand over": (ROUTING, Event("hands_over")),
    "executive accepts": (ROUTING, Event("executive_accepts")),
    "cool": (SCORING, Event("cools")),
    "a clock fires late": (RECYCLE, Event("lapses")),
}
_SAYINGS: Final[dict[str, Event]] = {
    "deny": Event("consent", why="denied"),
    "allow again": Event("consent", why="granted"),
    "won in the CRM": Event("outcome", why="won"),
    "lost in the CRM": Event("outcome", why="lost"),
    "erase": Event("erased"),
    "merge": Event("merged"),
    "new facts": Event("facts"),
}
# Leads that are merged into this one, without a search of their own: who says so, and who had them.
_MAYA, _BEA = baton.Holder("intake", "intake", "maya"), baton.Holder("rep", "bea", "bea")
_NEW: Final = baton.Holder("track", "new", "maya")
_ABSORBED: Final[dict[str, tuple[int, Event]]] = {
    "absorbs x from its rep": (ROUTING, Event("absorbed", why="x", remains=(2, _BEA))),
    "absorbs x from intake": (SCORING, Event("absorbed", why="x", remains=(1, _MAYA))),
    "absorbs x from a track": (RECYCLE, Event("absorbed", why="x", remains=(3, _NEW))),
    "absorbs y from a track": (RECYCLE, Event("absorbed", why="y", remains=(2, _NEW))),
}
_ACTIVITIES: Final = {"visit": (False, False), "hot visit": (True, False), "demo": (True, True)}


def moves(outside: Outside) -> Iterator[Move]:
    """What people, tools and clocks may do next. Whether that is allowed is for the rules to say."""
    for name in dict.fromkeys(outside.moves):
        rest = list(outside.moves)
        rest.remove(name)
        after = outside._replace(moves=tuple(rest))
        kind = name.rstrip("+")
        if kind in _DEEDS:
            yield Move(name, *_DEEDS[kind], after)
        elif kind in _ABSORBED:
            yield Move(name, *_ABSORBED[kind], after)
        elif not {"erased", "merged"} & set(outside.over):
            if kind in _SAYINGS:
                yield Move(f"ingest: {kind}", INGEST, _SAYINGS[kind], _told(after, kind))
            elif kind in _ACTIVITIES:
                yield _activity(kind, after)
    for number in outside.tool:
        after = outside._replace(tool=tuple(n for n in outside.tool if n != number))
        yield Move(f"the tool acknowledges {number}", RECYCLE, Event("acknowledges", seq=number), after)


def _activity(kind: str, after: Outside) -> Move:
    hot, fast = _ACTIVITIES[kind]
    seq = after.seq + 1
    event = Event("activity", seq=seq, fast=seq if fast else 0, hot=hot)
    return Move(f"ingest: {kind} #{seq}", INGEST, event, after._replace(seq=seq))


def _told(after: Outside, kind: str) -> Outside:
    if kind in ("deny", "allow again"):
        return after._replace(denied=kind == "deny")
    ending = {"erase": "erased", "merge": "merged"}.get(kind)
    return after if ending is None else after._replace(over=(*after.over, ending))


def hear(outside: Outside, service: int, event: Event, cast: Cast) -> tuple[Outside, str]:
    """The world after a service said something, and what was wrong with it: the ledger as it should be."""
    if event.kind == "ask":
        return outside._replace(tool=(*outside.tool, event.seq)), ""
    if event.kind == "accepted":
        return outside._replace(reassignments=0), ""
    outside = _counted(outside, event)
    handover = event.handover
    if handover is None:
        return outside, ""
    wrong = _wrong_number(outside, handover) or _wrong_speaker(outside, service, handover)
    if handover.kind == "refuse":
        outside = outside._replace(refusals=outside.refusals + 1)
        return outside, wrong or ("REFUSED TWICE IN A ROW" if outside.refusals > 1 else "")
    if handover.kind == "offer":
        return outside, wrong
    if handover.taker == cast.desk and handover.kind == "take" and not outside.refusals:
        wrong = wrong or "PUT ON A DESK THOUGH NO TRACK HAS REFUSED IT BEFORE"
    over = (*outside.over, event.kind) if handover.kind == "close" else outside.over
    refusals = 0 if service == RECYCLE else outside.refusals
    after = outside._replace(number=handover.number, owner=handover.taker, over=over, refusals=refusals)
    return after, wrong


def _counted(outside: Outside, event: Event) -> Outside:
    if event.kind == "returned" and not event.why:
        return outside._replace(rounds=outside.rounds + 1)
    if event.kind == "assigned" and event.why == "counts":
        return outside._replace(reassignments=outside.reassignments + 1)
    return outside


def _wrong_number(outside: Outside, handover: Any) -> str:
    repeats = handover.kind in ("offer", "refuse")
    expected = outside.number if repeats else outside.number + 1
    if handover.number == expected:
        counted = (handover.rounds, handover.reassignments) == (outside.rounds, outside.reassignments)
        return "" if counted else "ROUNDS OR REASSIGNMENTS ARE NOT WHAT THEY WERE"
    return f"THE NUMBERS ARE NOT CONSECUTIVE: {handover.kind} {handover.number} after {outside.number}"


def _wrong_speaker(outside: Outside, service: int, handover: Any) -> str:
    if {"won", "closed"} & set(outside.over):
        return "HANDED ON AFTER IT WAS CLOSED"
    if handover.kind == "open":
        return ""
    custodian = outside.owner.custodian == SERVICES[service]
    if custodian != (handover.kind in ("move", "offer", "close")):
        return f"{SERVICES[service].upper()} MAY NOT {handover.kind.upper()} IT"
    if handover.giver != outside.owner and not _left(handover, outside):
        return "IT IS NOT THE OWNER WHO GIVES IT AWAY"
    return ""


def _left(handover: Any, outside: Outside) -> bool:
    # Whoever answers for one who left during an offer is said by no handover: rep.changed says so.
    return outside.owner.kind == "rep" and handover.giver is not None and handover.giver.kind == "queue"
