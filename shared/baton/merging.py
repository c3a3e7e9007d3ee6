"""What becomes of a lead that was merged into another one: its custodian says who held it, and lets it go."""

from shared.baton.custody import Custody, Handover, Holder, hear_tombstone

Remains = tuple[int, Holder]
"""The number and the holder that `lead.absorbed` names."""


def absorb(custody: Custody) -> tuple[Custody, Remains | None] | None:
    """`lead.merged`, keyed by this lead: its journey ends. With remains it was ours: say `lead.absorbed`.

    During an offer the giver says so, and the taker too if it took first. None if the journey was over.
    """
    ended = hear_tombstone(custody, "merged")
    if ended is None:
        return None
    if not custody.ours:
        return ended, None
    assert custody.holder is not None, "what is ours has a holder"
    return ended, (custody.number, custody.holder)


def absorb_late(custody: Custody, handover: Handover) -> Remains | None:
    """A lead was moved to us after it was merged: its giver had let go, so we say `lead.absorbed`."""
    if custody.ending != "merged":
        return None
    assert handover.taker is not None, "a move is to somebody"
    return handover.number, handover.taker
