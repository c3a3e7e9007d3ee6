"""What was recorded, page by page: leads with everything that they did, for a look back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import func, select

from services.ingest.domain.known import Known
from services.ingest.domain.submission import Submission
from services.ingest.tables import deliveries, leads
from shared.contracts.history import Recorded
from shared.db.dialect import among
from shared.runtime.tx import Tx
from shared.terms import LeadId

PAGE: Final = 500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_known: Final = msgspec.json.Decoder(Known)
_submissions: Final = msgspec.json.Decoder(Submission)
_has_history: Final = leads.c.state.is_not(None) & leads.c.ending.is_distinct_from("merged")


@dataclass(frozen=True, slots=True)
class Page:
    """Some leads. `after`: what the next page comes after; None if this is the last."""

    leads: Sequence[Recorded]
    after: LeadId | None


def complete_from(tx: Tx) -> datetime | None:
    """When the oldest delivery came that is not forgotten: all that came since is there. None without any."""
    kept = deliveries.c.submission.is_not(None)
    oldest: datetime | None = tx.conn.execute(
        select(func.min(deliveries.c.received_at)).where(kept)
    ).scalar_one()
    return oldest


def count_history(tx: Tx) -> int:
    """How many leads all pages have at most."""
    return tx.conn.execute(select(func.count()).select_from(leads).where(_has_history)).scalar_one()


def read_page(tx: Tx, after: str, since: datetime | None) -> Page:
    """The next leads by their ids; of those, the ones captured since, as far as they are not forgotten."""
    query = select(leads.c.lead_id, leads.c.state).where(_has_history, leads.c.lead_id > after)
    rows = tx.conn.execute(query.order_by(leads.c.lead_id).limit(PAGE)).all()
    known = [_known.decode(row.state) for row in rows]
    wanted = [lead for lead in known if since is None or _captured_at(lead) >= since]
    said = _said_of(tx, [lead.id for lead in wanted])
    recorded = [_recorded(lead, said[lead.id]) for lead in wanted if lead.id in said]
    return Page(recorded, known[-1].id if len(known) == PAGE else None)


def _said_of(tx: Tx, ids: Iterable[LeadId]) -> dict[LeadId, list[Submission]]:
    """What came about them, and about the leads that were merged into them, in the order in which it came."""
    stands_for = _with_merged(tx, ids)
    ours = among(deliveries.c.lead_id, "ids") & deliveries.c.submission.is_not(None)
    query = select(deliveries.c.lead_id, deliveries.c.submission).where(ours)
    in_order = query.order_by(deliveries.c.received_at, deliveries.c.seq)
    found: defaultdict[LeadId, list[Submission]] = defaultdict(list)
    for row in tx.conn.execute(in_order, {"ids": sorted(stands_for)}):
        found[stands_for[row.lead_id]].append(_submissions.decode(row.submission))
    return found


def _with_merged(tx: Tx, ids: Iterable[LeadId]) -> dict[LeadId, LeadId]:
    """By each lead whose deliveries count: the lead for which they do."""
    stands_for = {lead: lead for lead in ids}
    latest = list(stands_for)
    while latest:
        merged = among(leads.c.goes_on_as, "into") & (leads.c.ending == "merged")
        rows = tx.conn.execute(select(leads.c.lead_id, leads.c.goes_on_as).where(merged), {"into": latest})
        found = {LeadId(row.lead_id): stands_for[row.goes_on_as] for row in rows}
        stands_for |= found
        latest = sorted(found)
    return stands_for


def _recorded(lead: Known, said: Sequence[Submission]) -> Recorded:
    # What they wrote in their own words is nobody's to count.
    done = (replace(one.activity(seq), message=None) for seq, one in enumerate(said, 1))
    return Recorded(
        lead=lead.id,
        captured_at=_captured_at(lead),
        person=lead.person,
        email=lead.email,
        company=lead.company,
        consent=lead.consent,
        interest=lead.interest,
        source=said[0].source,
        campaign=said[0].campaign,
        captured_via=said[0].how,
        activities=tuple(done),
    )


def _captured_at(lead: Known) -> datetime:
    return _EPOCH + timedelta(microseconds=lead.born)
