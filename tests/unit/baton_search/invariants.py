"""What must hold for a lead: at every moment, and once everything that was said has been heard."""

from typing import Any

from tests.unit.baton_search.cast import Cast
from tests.unit.baton_search.outside import Outside
from tests.unit.baton_search.recycle import may_return


def wrong_now(scoring: Any, routing: Any, recycle: Any) -> str:
    """At every moment: nobody but one is free to hand the lead on, and it is never with one who left."""
    custodies = (scoring.custody, routing.custody, recycle.custody)
    if sum(custody.standing == "holding" for custody in custodies) > 1:
        return "TWO OWNERS"
    if routing.custody.ours and routing.custody.holder.answers in routing.left:
        return "HELD BY ONE WHO LEFT"
    return ""


def wrong_at_rest(scoring: Any, routing: Any, recycle: Any, world: Outside, cast: Cast) -> str:
    """When nothing is under way and no clock runs that must run out."""
    standings = [one.custody.standing for one in (scoring, routing, recycle)]
    if world.over:
        return _wrong_end([one.custody for one in (scoring, routing, recycle)], world)
    if "asked" in standings or "offering" in standings:
        return "AN OFFER IS OPEN FOR EVER"
    holding = [one.custody for one in (scoring, routing, recycle) if one.custody.standing == "holding"]
    if not holding or "ended" in standings:
        return "NOBODY HOLDS IT"
    if (holding[0].number, holding[0].holder) != (world.number, world.owner):
        return f"THE LEDGER SAYS {world.owner.name} {world.number}, ITS CUSTODIAN {holding[0].number}"
    if routing.lost and routing.custody.standing == "holding":
        return "LOST, AND STILL WITH SALES"
    return _wrong_holder(recycle, world, cast)


def _wrong_end(custodies: list[Any], world: Outside) -> str:
    if "erased" in world.over and custodies[1].standing != "ended":
        return "AN ERASED LEAD STILL HAS A REP"
    if any(custody.standing != "ended" for custody in custodies):
        return f"THE JOURNEY IS OVER ({world.over[0]}), AND SOMEBODY HAS NOT HEARD"
    if any(custody.ending not in world.over for custody in custodies):
        return "IT IS NOT KNOWN HOW IT ENDED"
    return ""


def _wrong_holder(recycle: Any, world: Outside, cast: Cast) -> str:
    if recycle.won:
        return "WON, AND NOT CLOSED"
    if world.denied:
        return "" if world.owner == cast.privacy else "A DENIED LEAD IS NOT AT THE PRIVACY DESK"
    if recycle.custody.standing == "holding" and may_return(recycle):
        return "A HOT LEAD STAYS IN NURTURE FOR EVER"
    return ""


def wrong_merge(absorbed: Outside, survivor: Any) -> str:
    """At rest, for two leads that became one: whoever survives knows who had the other, as it was last."""
    if absorbed.over != ("merged",) or survivor.custody.standing == "ended":
        return ""
    known = [one for one in survivor.memory.absorbed if one.lead == absorbed.name]
    if not known:
        return "NOBODY SAID WHAT BECAME OF THE ABSORBED LEAD"
    if (known[0].number, known[0].holder) != (absorbed.number, absorbed.owner):
        return f"THE ABSORBED LEAD WAS WITH {absorbed.owner.name}, AND {known[0].holder.name} IS REMEMBERED"
    return ""
