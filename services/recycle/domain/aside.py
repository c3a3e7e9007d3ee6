"""Where a lead in nurture goes that turns out to be somebody else's: what is set aside is never nurtured."""

from msgspec.structs import replace

from services.recycle.domain import nurture
from services.recycle.domain.model import RecycledLead, Stay
from services.recycle.domain.nurture import Kept
from services.recycle.domain.scene import Scene
from shared import baton
from shared.agreement import Agreement
from shared.contracts.recycle import LeadReturned
from shared.contracts.values import RecycleReceipt, Whose
from shared.effects import CancelTimer, Decision, Say, nothing


def to_whose_it_is(lead: RecycledLead, scene: Scene) -> Kept:
    """From its track to the desk that the rule names, or to routing for its person or team.

    The fallback desk has it if nobody may call them. What a desk holds stays there.
    """
    agreement, whose, stay, holder = scene.agreement, lead.whose, lead.stay, lead.custody.holder
    if lead.custody.standing != "holding" or holder is None or holder.kind != "track":
        return nothing(lead)
    if whose is None or stay is None:
        return nothing(lead)
    if whose.desk is None and agreement.may_route(lead.consent.value):
        return _offered(lead, stay, whose, scene)
    passed = baton.move(lead.custody, nurture.desk(agreement, desk_for(lead, agreement)))
    at_desk = replace(stay, tool=None, then_track=holder.name)
    return nurture.move(lead, passed, at_desk, because(whose), scene)


def desk_for(lead: RecycledLead, agreement: Agreement) -> str:
    """The desk that holds it while it is set aside."""
    named = lead.whose.desk if lead.whose is not None else None
    return named if named is not None and named in agreement.desks else agreement.fallback_desk


def because(whose: Whose | None) -> str:
    """Why it is not nurtured, in words."""
    return "it is set aside" if whose is None else f"set aside by the rule '{whose.rule}'"


def _offered(lead: RecycledLead, stay: Stay, whose: Whose, scene: Scene) -> Kept:
    """It leaves for its owner: no return, so it waits for no date and uses no round."""
    custody, handover = baton.offer_back(lead.custody, lead.memory, first_time=True)
    why, holder = because(whose), lead.custody.holder
    event = LeadReturned(
        handover=handover,
        signal=why,
        round=custody.rounds,
        first_time=stay.first_time,
        reason=stay.reason,
        track=holder.name if holder is not None else None,
        since=stay.since,
        receipt=RecycleReceipt(
            agreement=scene.agreement.ref, at=scene.now, why=why, facts={"consent": lead.consent.value}
        ),
        whose=whose,
        snapshot=replace(lead.snapshot, consent=lead.consent),
    )
    return Decision(replace(lead, custody=custody), (CancelTimer(nurture.RETURN), Say(event)))
