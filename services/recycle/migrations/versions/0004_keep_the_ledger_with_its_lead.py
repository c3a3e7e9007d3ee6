"""keep the ledger with its lead"""

import json
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.db.types import UtcDateTime

revision = "0004"
down_revision = "0003"

LEADS_AT_ONCE = 1000
leads = sa.table("recycle_leads", sa.column("lead_id"), sa.column("state", sa.LargeBinary))
WORDS = ("number", "kind", "holder_kind", "holder_name", "answers", "why", "event_id", "topic")
ledger = sa.table(
    "recycle_ledger", sa.column("lead_id"), sa.column("at", UtcDateTime), *(sa.column(word) for word in WORDS)
)


def upgrade() -> None:
    conn, last = op.get_bind(), ""
    while True:
        some = sa.select(leads).where(leads.c.lead_id > last).order_by(leads.c.lead_id).limit(LEADS_AT_ONCE)
        states = {row.lead_id: row.state for row in conn.execute(some)}
        if not states:
            break
        ids = list(states)  # In the database's own order, which need not be Python's.
        first, last = ids[0], ids[-1]
        theirs = sa.select(ledger).where(ledger.c.lead_id.between(first, last)).order_by(ledger.c.lead_id)
        for lead, rows in groupby(conn.execute(theirs), key=lambda row: row.lead_id):
            state = with_entries(states[lead], [entry(row) for row in rows])
            conn.execute(sa.update(leads).where(leads.c.lead_id == lead).values(state=state))
    op.drop_table("recycle_ledger")


def with_entries(state: bytes | None, entries: list[list[Any]]) -> bytes:
    whole = json.loads(state or b"{}")
    whole.setdefault("journey", {})["entries"] = entries
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def entry(row: Any) -> list[Any]:
    holder = row.holder_kind and {"kind": row.holder_kind, "name": row.holder_name, "answers": row.answers}
    return [row.number, row.kind, holder, row.at.isoformat(), row.why, row.event_id, row.topic]
