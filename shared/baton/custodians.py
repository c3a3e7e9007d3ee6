"""What each custodian does with a baton in the situations that lose leads elsewhere. Built on `custody`, as pure."""

import msgspec
from msgspec.structs import replace

from shared.baton.custody import (
    Custody,
    Handover,
    Holder,
    hear_answer,
    hear_offer,
    move,
    offer,
    refuse,
    take,
)

Passed = tuple[Custody, Handover]


# ---- routing


def take_offer(custody: Custody, handover: Handover, to: Holder) -> Passed | None:
    """Routing always takes: a queue with its deputy is the last resort. None for a stale offer or an ended lead."""
    asked = hear_offer(custody, handover)
    return None if asked is None else take(asked, to)


def hand_on(custody: Custody, to: Holder, *, counts: bool = False) -> Passed:
    """Give a held lead to another rep or queue. Only a breach and a reject count as reassignments."""
    counted = replace(custody, reassignments=custody.reassignments + 1) if counts else custody
    return move(counted, to)


def acceptance_resets(custody: Custody) -> Custody:
    """A rep said yes: the reassignments before it are forgotten."""
    return replace(custody, reassignments=0)


def refused_by_nurture(custody: Custody, handover: Handover, deputy: Holder) -> Passed | None:
    """The track said no: the lead goes to the deputy, not back to the rep who gave it up."""
    answered = hear_answer(custody, handover)
    if answered is None or answered.standing != "holding":
        return None
    return move(answered, deputy)


def answer_for_leaver(custody: Custody, deputy: Holder) -> Custody:
    """Whoever gave the lead up left before the answer came: the deputy answers; the number stays with the offer."""
    if custody.standing != "offering":
        return custody
    return replace(custody, holder=deputy)


# ---- recycle


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What recycle remembers of every lead, whoever holds it: the newest signals, by ingest's count."""

    seq: int = 0
    fast_seq: int = 0
    score: int = 0


def is_new(custody: Custody, memory: Memory) -> bool:
    """A signal is new by ingest's count: above what the one who gave us the lead had seen. Clocks lose signals."""
    return memory.seq > custody.seen


def is_fast(custody: Custody, memory: Memory) -> bool:
    """A new signal that takes the fast lane: it ignores the earliest return and the rounds."""
    return memory.fast_seq > custody.seen


def offer_back(custody: Custody, memory: Memory, *, first_time: bool) -> Passed:
    """Offer a nurtured lead to routing. The first time it leaves a track is no return and uses no round."""
    rounds = custody.rounds if first_time else custody.rounds + 1
    return offer(replace(custody, rounds=rounds, seen=max(custody.seen, memory.seq)))


def lapse(custody: Custody, desk: Holder) -> Passed:
    """The track did not acknowledge in time: refuse; the second time in a row a desk takes the lead instead."""
    if custody.refusals >= 1:
        return take(custody, desk)
    return refuse(custody)
