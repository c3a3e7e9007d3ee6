"""Tells nurture tools what to do with a lead: start, stop, take back. Signed, and harmless when repeated."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec

from services.recycle.domain.model import RecycledLead
from services.recycle.domain.nurture import START
from services.recycle.settings import Destination
from services.recycle.store.leads import lead_states
from shared.runtime.outgoing import Post
from shared.runtime.service import Answer, DueErrand, Service
from shared.terms import LeadId

_MOOT: Final = Answer(True, "no longer wanted", body={"moot": True})


def create_errands(
    service: Service, destinations: Mapping[str, Destination], outgoing: Post
) -> Callable[[DueErrand], Awaitable[Answer]]:
    """The function that carries out one errand."""

    async def run(errand: DueErrand) -> Answer:
        destination = destinations.get(errand.destination)
        if destination is None:
            known = ", ".join(sorted(destinations)) or "none"
            hint = f"add it to BATON_RECYCLE_DESTINATIONS (there: {known})"
            return Answer(False, f"no destination '{errand.destination}' in the settings: {hint}")
        told: dict[str, Any] = {}
        if errand.action == START:
            states = await service.read(lambda tx: lead_states.read(tx.conn, [errand.lead]))
            lead = states.get(errand.lead)
            if lead is None or not wanted(lead, int(errand.body["number"])):
                return _MOOT
            told = who(lead)
        body = message(errand, told)
        secret = destination.secret.get_secret_value() if destination.secret is not None else None
        return await outgoing.post(
            destination.url, body, key=errand.key, secret=secret, traceparent=errand.traceparent
        )

    return run


def wanted(lead: RecycledLead, number: int) -> bool:
    """Whether the tool should still have the lead under this number."""
    if lead.asked is not None:
        return lead.asked.number == number
    return lead.custody.ours and lead.stay is not None and lead.stay.number == number


def who(lead: RecycledLead) -> dict[str, Any]:
    """What a nurture tool needs of the person. Read when it is sent: errands keep nothing personal."""
    snapshot = lead.snapshot
    return {
        "person": snapshot.person,
        "email": snapshot.email.address if snapshot.email is not None else None,
        "company": snapshot.company,
        "own_ids": snapshot.own_ids,
        "consent": lead.consent,
        "interest": snapshot.interest,
        "source": snapshot.source,
        "campaign": snapshot.campaign,
        "segment": snapshot.segment,
    }


def message(errand: DueErrand, told: Mapping[str, Any]) -> bytes:
    """The body of a call. `lead` and `number` name the hand-over; every call about it repeats them."""
    lead: LeadId = errand.lead
    document = {
        "action": errand.action,
        "lead": lead,
        **errand.body,
        "acknowledge_at": f"/v1/nurture/{lead}/acknowledge",
        **told,
    }
    if errand.action != START:
        del document["acknowledge_at"]
    return msgspec.json.encode(document)
