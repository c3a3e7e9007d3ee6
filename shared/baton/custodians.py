"""What routing does with a baton in the situations that lose leads elsewhere. Built on `custody`, as pure."""

from typing import Literal

from msgspec.structs import replace

from shared.baton.custody import Custody, Handover, Holder, hear_answer, hear_offer, move, must, take

Passed = tuple[Custody, Handover]


def take_offer(custody: Custody, handover: Handover, to: Holder) -> Passed | None:
    """Routing always takes: a queue with its deputy is the last resort. None if the offer is stale."""
    asked = hear_offer(custody, handover)
    return None if asked is None else take(asked, to)


def hand_on(custody: Custody, to: Holder, *, counts: bool = False) -> Passed:
    """Give a held lead to another rep or queue. Only a breach and a reject count as reassignments."""
    counted = replace(custody, reassignments=custody.reassignments + 1) if counts else custody
    return move(counted, to)


def reassign(custody: Custody, to: Holder, *, deputy: Holder, at_most: int) -> Passed | None:
    """After a breach or a reject: to the next. After `at_most` of them the deputy has it for good: None."""
    if custody.reassignments < at_most:
        return hand_on(custody, to, counts=True)
    return None if custody.holder == deputy else hand_on(custody, deputy)


def acceptance_resets(custody: Custody) -> Custody:
    """A rep said yes: the reassignments before it are forgotten."""
    must(custody, "holding", "accept")
    return replace(custody, reassignments=0)


def hand_over(custody: Custody, giver: Holder, to: Holder) -> Passed | None:
    """An account executive accepts what `giver` offered. None if `giver` does not hold it any more."""
    if custody.standing != "holding" or custody.holder != giver:
        return None
    return hand_on(custody, to)


def refused_by_nurture(custody: Custody, handover: Handover, deputy: Holder) -> Passed | None:
    """The track said no: the lead goes to the deputy, not back to the rep who gave it up."""
    answered = hear_answer(custody, handover)
    return None if answered is None else move(answered, deputy)


def answer_for_leaver(custody: Custody, deputy: Holder) -> Custody:
    """Whoever gave the lead up left before the answer: the deputy answers, under the same number."""
    must(custody, "offering", "answer for")
    return replace(custody, holder=deputy)


RoutingDuty = Literal["privacy", "close", "lost"]


def routing_must(custody: Custody, *, denied: bool, won: bool, lost: bool = False) -> RoutingDuty | None:
    """What follows from what routing has heard, once it holds the lead. Ask after every event.

    privacy: offer it to recycle as `do-not-contact`. close: `lead.won`. lost: offer it as `lead.lost`.
    During an offer all of them wait for the answer.
    """
    if custody.standing != "holding":
        return None
    if won:
        return "close"
    if denied:
        return "privacy"
    return "lost" if lost else None
