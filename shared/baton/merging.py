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
    if not custody.ours or custody.holder is None:
        return ended, None
    return ended, (custody.number, custody.holder)


def absorb_late(custody: Custody, handover: Handover) -> Remains | None:
    """A lead was moved to us after it was merged: its giver had let go, so we say `lead.absorbed`."""
    if custody.ending != "merged" or handover.kind != "move" or handover.taker is None:
        return None
    return handover.number, handover.taker
