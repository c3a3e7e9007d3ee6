"""One service's view of one baton, and everything that can happen to it."""

from typing import Final, Literal

import msgspec
from msgspec.structs import replace

Kind = Literal["open", "move", "offer", "take", "refuse", "close"]
HolderKind = Literal["intake", "rep", "queue", "track", "desk"]
Standing = Literal["none", "asked", "holding", "offering", "gone", "ended"]
Ending = Literal["erased", "merged", "won", "closed"]

CUSTODIAN_OF: Final[dict[HolderKind, str]] = {
    "intake": "scoring",
    "rep": "routing",
    "queue": "routing",
    "track": "recycle",
    "desk": "recycle",
}


class NotCustodian(Exception):
    """The service tried to do to a baton what only its custodian, or the one offered to, may do."""


class Holder(msgspec.Struct, frozen=True):
    """Who holds the baton. `answers` is the person: rep, queue's deputy, or the owner of a track or desk."""

    kind: HolderKind
    name: str
    answers: str

    @property
    def custodian(self) -> str:
        return CUSTODIAN_OF[self.kind]


class Handover(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"giver": "from", "taker": "to"}
):
    """The part of an event that touches the baton.

    An offer and a refusal repeat the current number; open is 1; move, take and close are one higher.
    `seen` is the highest activity count its sender has folded or was given: what is above is a new signal.
    So is a lead that was merged into this one and is not in `absorbed`.
    """

    kind: Kind
    number: int
    giver: Holder | None = None
    taker: Holder | None = None
    rounds: int = 0
    reassignments: int = 0
    seen: int = 0
    absorbed: tuple[str, ...] = ()


class Custody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one service knows of one lead's baton.

    none: never had it · asked: offered to us, unanswered · holding: we are custodian · offering: we are, and
    wait for an answer · gone: somebody else is · ended: the journey is over, for ever.
    `refused` is the last offer that we refused; `refusals` counts those in a row. `absorbed`: the leads that
    were merged into this one, as far as its holder knows.
    """

    standing: Standing = "none"
    number: int = 0
    holder: Holder | None = None
    rounds: int = 0
    reassignments: int = 0
    refusals: int = 0
    seen: int = 0
    absorbed: tuple[str, ...] = ()
    refused: int = 0
    ending: Ending | None = None

    @property
    def ours(self) -> bool:
        """We answer for the lead: as its holder's custodian, with or without an open offer."""
        return self.standing in ("holding", "offering")


# ---- what the custodian, or the one offered to, does


def move(custody: Custody, to: Holder) -> tuple[Custody, Handover]:
    """Give the baton to `to` at once. If another service is its custodian from now on, it is gone."""
    must(custody, "holding", "move")
    number = custody.number + 1
    assert custody.holder is not None, "what is held has a holder"
    standing: Standing = "holding" if custody.holder.custodian == to.custodian else "gone"
    after = replace(custody, standing=standing, number=number, holder=to)
    return after, _handover("move", after, giver=custody.holder, taker=to)


def offer(custody: Custody) -> tuple[Custody, Handover]:
    """Ask the next custodian to take it. The old holder answers until it does."""
    must(custody, "holding", "offer")
    after = replace(custody, standing="offering")
    return after, _handover("offer", after, giver=custody.holder)


def take(custody: Custody, to: Holder) -> tuple[Custody, Handover]:
    """Accept what was offered to us: from now on `to` answers."""
    must(custody, "asked", "take")
    after = replace(
        custody,
        standing="holding",
        number=custody.number + 1,
        holder=to,
        refusals=0,
    )
    return after, _handover("take", after, giver=custody.holder, taker=to)


def refuse(custody: Custody) -> tuple[Custody, Handover]:
    """Decline what was offered to us: the giver keeps it."""
    must(custody, "asked", "refuse")
    after = replace(custody, standing="gone", refused=custody.number, refusals=custody.refusals + 1)
    return after, _handover("refuse", after, giver=custody.holder)


def close(custody: Custody, ending: Ending) -> tuple[Custody, Handover]:
    """End the journey: revenue, or no lead at all."""
    must(custody, "holding", "close")
    after = replace(custody, standing="ended", number=custody.number + 1, ending=ending)
    return after, _handover("close", after, giver=custody.holder)


# ---- what a service hears; None: the event does not concern this custody (stale, ended, not ours)


def hear_open(custody: Custody, handover: Handover) -> Custody | None:
    """The intake desk answers from capture on; its custodian holds number 1."""
    if custody.standing != "none":
        return None
    return replace(
        custody, standing="holding", number=handover.number, holder=handover.taker, seen=handover.seen
    )


def hear_move(custody: Custody, handover: Handover) -> Custody | None:
    """Somebody moved the baton to a holder of ours: we are its custodian now."""
    if custody.standing not in ("none", "gone") or handover.number <= custody.number:
        return None
    return _received(custody, handover, "holding", handover.taker)


def hear_offer(custody: Custody, handover: Handover) -> Custody | None:
    """Somebody offers it to us: we are asked, and the giver's holder answers until we do."""
    if custody.standing not in ("none", "gone"):
        return None
    if handover.number < custody.number or handover.number <= custody.refused:
        return None
    return _received(custody, handover, "asked", handover.giver)


def hear_answer(custody: Custody, handover: Handover) -> Custody | None:
    """The answer to our offer: taken, it is gone; refused, we hold it again."""
    if custody.standing != "offering":
        return None
    if (handover.kind, handover.number) == ("take", custody.number + 1):
        return replace(custody, standing="gone", number=handover.number, holder=handover.taker)
    if (handover.kind, handover.number) == ("refuse", custody.number):
        return replace(custody, standing="holding")
    return None


def hear_tombstone(custody: Custody, ending: Ending) -> Custody | None:
    """The journey is over for every custodian, also for one who never knew the lead."""
    if custody.standing == "ended":
        return None
    return replace(custody, standing="ended", ending=ending)


# ---- what the holder knows, whoever is custodian; what it knows is no new signal later


def saw(custody: Custody, seq: int) -> Custody:
    """Whoever holds it was told of an activity, by ingest's count. For routing; recycle has its own memory.

    What is heard while nobody of ours holds the lead was told to nobody: it stays a new signal.
    """
    if custody.standing != "holding":
        return custody
    return replace(custody, seen=max(custody.seen, seq))


def knows_of(custody: Custody, absorbed: str) -> Custody:
    """Whoever holds it was told that `absorbed`, a lead's id, was merged into it. For routing, too."""
    if custody.standing != "holding":
        return custody
    return replace(custody, absorbed=joined(custody.absorbed, (absorbed,)))


def joined(these: tuple[str, ...], those: tuple[str, ...]) -> tuple[str, ...]:
    """Both, each once, sorted."""
    return tuple(sorted({*these, *those}))


def _received(custody: Custody, handover: Handover, standing: Standing, holder: Holder | None) -> Custody:
    return replace(
        custody,
        standing=standing,
        number=handover.number,
        holder=holder,
        rounds=handover.rounds,
        reassignments=handover.reassignments,
        seen=handover.seen,
        absorbed=handover.absorbed,
    )


def _handover(
    kind: Kind, custody: Custody, *, giver: Holder | None = None, taker: Holder | None = None
) -> Handover:
    return Handover(
        kind=kind,
        number=custody.number,
        giver=giver,
        taker=taker,
        rounds=custody.rounds,
        reassignments=custody.reassignments,
        seen=custody.seen,
        absorbed=custody.absorbed,
    )


def must(custody: Custody, standing: Standing, verb: str) -> None:
    """Raises NotCustodian if the baton does not stand so here."""
    if custody.standing != standing:
        raise NotCustodian(
            f"cannot {verb} baton {custody.number}: it is {custody.standing} here, not {standing}"
        )
