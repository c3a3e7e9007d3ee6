"""Say again what a service may have missed of a lead, because the bus deleted it before it was read.

What was said of a delivery is said under the id that it had: whoever has handled it does nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.ingest.domain.admit import Captured, ConsentGiven, Outcome, Recorded, Updated
from services.ingest.domain.announce import announce
from services.ingest.domain.known import Known
from services.ingest.handlers.arriving import erased_by
from services.ingest.store import deliveries, leads
from shared.contracts.ingest import LeadErased, LeadMerged
from shared.effects import CommandRefused
from shared.runtime.tx import Cause, Tx
from shared.terms import Consent, LeadId

PAGE: Final = 100
"""How many leads are said again in one transaction."""


@dataclass(frozen=True, slots=True)
class Retold:
    """What was said again of a lead: the types of the events, in order."""

    lead: LeadId
    said: tuple[str, ...]


def retell(tx: Tx, lead: LeadId) -> Retold:
    """All of one lead. Raises CommandRefused if nobody knows it."""
    known = leads.lock_leads(tx, [lead])
    kept = leads.read_lead(tx, lead)
    if kept is None:
        raise CommandRefused("unknown", f"there is no lead {lead}; look it up with GET /v1/leads?email=…")
    return _say(tx, lead, known.get(lead))


def retell_since(tx: Tx, since: datetime, after: str) -> tuple[list[Retold], str]:
    """The next leads of whom something came since then, or who were merged or erased ever; where to go on."""
    ids = deliveries.leads_since(tx, since, after, PAGE)
    known = leads.lock_leads(tx, ids)
    return [_say(tx, lead, known.get(lead)) for lead in ids], ids[-1] if len(ids) == PAGE else ""


def _say(tx: Tx, lead: LeadId, known: Known | None) -> Retold:
    before = len(tx.outgoing)
    if known is None:
        tx.say(lead, LeadErased(), erased_by(lead))
    elif known.merged_into is not None:
        tx.say(lead, LeadMerged(survivor=known.merged_into), Cause(f"again/{lead}/merged"))
    elif not known.closed:  # Whoever closed it has said so, and is not ingest.
        for cause, outcomes in _outcomes(tx, known):
            tx.carry_out(lead, announce(lead, outcomes, tx.agreement.intake.owner), cause)
    return Retold(lead, tuple(str(one["type"]) for one in tx.outgoing[before:]))


def _outcomes(tx: Tx, lead: Known) -> Iterator[tuple[Cause, tuple[Outcome, ...]]]:
    for one in deliveries.activities_after(tx, lead.id, 0):
        done, cause = one.submission.activity(one.seq), Cause(f"delivery/{one.delivery}")
        if one.seq == 1:  # Once this is forgotten, the capture is too long ago for anybody to miss it.
            yield cause, (Captured(lead, done, one.submission, _earlier(tx, lead)),)
        else:
            yield cause, (Recorded(lead.id, done),)
    # For those who know the lead, and have missed what changed.
    now: list[Outcome] = [Updated(lead, lead.said_by)]
    if lead.consent is not Consent.UNKNOWN:
        now.append(ConsentGiven(lead.id, Consent.UNKNOWN, lead.consent, "", ""))
    yield Cause(f"again/{lead.id}/{tx.now.isoformat()}"), tuple(now)


def _earlier(tx: Tx, lead: Known) -> Known | None:
    kept = leads.read_lead(tx, lead.earlier) if lead.earlier is not None else None
    return kept.known if kept is not None else None
