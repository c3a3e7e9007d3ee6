"""What recycle does with a baton: takes it for a track or desk, refuses it, gives it back on a new signal."""

from typing import Literal

import msgspec
from msgspec.structs import replace

from shared.baton.custodians import Passed
from shared.baton.custody import Custody, Holder, joined, move, offer, refuse, take
from shared.terms import Stage

# ---- what it remembers


class Absorbed(msgspec.Struct, frozen=True):
    """A lead that was merged into this one: who held it, under which number, and how far it had come."""

    lead: str
    number: int
    holder: Holder
    stage: Stage = Stage.INQUIRY

    @property
    def worked(self) -> bool:
        """Sales had it: whoever is the same person now must not lie in nurture."""
        return self.holder.custodian == "routing"


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What recycle remembers of every lead, whoever holds it: the newest signals, by ingest's count."""

    seq: int = 0
    fast_seq: int = 0
    score: int = 0
    absorbed: tuple[Absorbed, ...] = ()


def remember_absorbed(memory: Memory, absorbed: Absorbed) -> Memory:
    """A lead was merged into this one. Both sides of an open offer may say so; the higher number is right."""
    others = tuple(one for one in memory.absorbed if one.lead != absorbed.lead)
    known = [one for one in memory.absorbed if one.lead == absorbed.lead]
    newest = max((*known, absorbed), key=lambda one: one.number)
    return replace(memory, absorbed=tuple(sorted((*others, newest), key=lambda one: one.lead)))


def newly_absorbed(custody: Custody, memory: Memory) -> tuple[Absorbed, ...]:
    """The leads merged into this one that the one who gave it to us did not know of."""
    return tuple(one for one in memory.absorbed if one.lead not in custody.absorbed)


def is_new(custody: Custody, memory: Memory) -> bool:
    """A signal is new by ingest's count: above what its last holder had seen. Clocks lose signals."""
    return memory.seq > custody.seen or bool(newly_absorbed(custody, memory))


def is_fast(custody: Custody, memory: Memory) -> bool:
    """A new signal that ignores dates and rounds: the fast lane, or a merge with a lead that sales works."""
    return memory.fast_seq > custody.seen or is_worked(custody, memory)


def is_worked(custody: Custody, memory: Memory) -> bool:
    """Whether sales works it as another lead, which was merged into it: no agreement of before keeps it."""
    return any(one.worked for one in newly_absorbed(custody, memory))


# ---- taking and refusing


def acknowledge(custody: Custody, number: int, track: Holder) -> Passed | None:
    """The tool has it: the track takes. None (409) if it comes too late, or answers an earlier question."""
    if custody.standing != "asked" or custody.number != number:
        return None
    return take(custody, track)


def lapse(custody: Custody, desk: Holder) -> Passed:
    """The track did not acknowledge in time: refuse; the second time in a row a desk takes it instead."""
    if custody.refusals >= 1:
        return take(custody, desk)
    return refuse(custody)


def rounds_used_up(custody: Custody, at_most: int) -> bool:
    """It has come back as often as agreed: the last track has it, and only a fast lane brings it back."""
    return custody.rounds >= at_most


# ---- giving back


def may_leave(custody: Custody, *, never: bool = False) -> bool:
    """Nothing leaves a desk, or what `never` returns, by a signal; and nothing while an offer is open."""
    if custody.standing != "holding":
        return False
    assert custody.holder is not None, "what is held has a holder"
    return custody.holder.kind == "track" and not never


def comes_back(
    custody: Custody,
    memory: Memory,
    *,
    wanted: bool,
    ripe: bool,
    rounds_at_most: int,
    first_time: bool = False,
    never: bool = False,
    due: bool = False,
) -> bool:
    """Whether a signal brings a nurtured lead back. Ask on each change, on taking it, and when it gets ripe.

    `wanted`: the agreement's return_when holds for its score (for the first time: it is an MQL). `ripe`: its
    earliest return has passed. `due`: it needs no signal, as the date agreed with the lead has come, or its
    facts were put right. The first time is no return: it needs no new signal, no date and no round.
    """
    if not may_leave(custody, never=never and not is_worked(custody, memory)):
        return False
    if is_fast(custody, memory):
        return True
    if first_time:
        return wanted
    if not ripe or rounds_used_up(custody, rounds_at_most):
        return False
    return due or (wanted and is_new(custody, memory))


def offer_back(custody: Custody, memory: Memory, *, first_time: bool) -> Passed:
    """Offer a nurtured lead to routing. The first time it leaves a track is no return and uses no round."""
    rounds = custody.rounds if first_time else custody.rounds + 1
    known = joined(custody.absorbed, tuple(one.lead for one in memory.absorbed))
    return offer(replace(custody, rounds=rounds, seen=max(custody.seen, memory.seq), absorbed=known))


# ---- what follows from what was heard, at whatever time


RecycleDuty = Literal["close", "privacy"]


def recycle_must(custody: Custody, privacy: Holder, *, denied: bool, won: bool) -> RecycleDuty | None:
    """What follows from what recycle has heard. Ask after every event, until it is None.

    close: `lead.won`. privacy: `to_privacy`. An outcome waits while a track is asked, a denial does not.
    """
    if custody.standing == "holding" and won:
        return "close"
    if denied and to_privacy(custody, privacy) is not None:
        return "privacy"
    return None


def to_privacy(custody: Custody, privacy: Holder) -> Passed | None:
    """Consent is denied: what we hold moves to the privacy desk, what we are asked to take is taken into it.

    None if it is there already or not ours yet. For recycle; for scoring at capture too.
    """
    if custody.standing == "asked":
        return take(custody, privacy)
    if custody.standing != "holding" or custody.holder == privacy:
        return None
    return move(custody, privacy)
