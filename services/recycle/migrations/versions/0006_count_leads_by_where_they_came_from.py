"""count leads by where they came from"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

LEADS_AT_ONCE = 1000
leads = sa.table(
    "recycle_leads", sa.column("lead_id"), sa.column("state", sa.LargeBinary), sa.column("source", sa.String)
)
IS_OF_A_STAGE = sa.text(
    "type IN ('lead.captured.v1', 'lead.qualified.v1', 'lead.accepted.v1', 'lead.sales_qualified.v1', "
    "'lead.won.v1')"
)


def upgrade() -> None:
    op.add_column("recycle_leads", sa.Column("source", sa.String(length=200), nullable=True))
    conn, last = op.get_bind(), ""
    while True:
        columns = sa.select(leads.c.lead_id, leads.c.state).where(leads.c.lead_id > last)
        rows = conn.execute(columns.order_by(leads.c.lead_id).limit(LEADS_AT_ONCE)).all()
        if not rows:
            break
        last = rows[-1].lead_id
        for lead, state in rows:
            told = with_source(state)
            if told is not None:
                conn.execute(sa.update(leads).where(leads.c.lead_id == lead).values(told))
    op.create_index(
        "ix_recycle_story_stages",
        "recycle_story",
        ["at", "type", "lead_id"],
        postgresql_where=IS_OF_A_STAGE,
        sqlite_where=IS_OF_A_STAGE,
    )


def with_source(state: bytes | None) -> dict[str, Any] | None:
    """What is written of a lead whose story is still kept; of one that is over it is not known any more."""
    whole = json.loads(state or b"{}")
    source = whole.get("snapshot", {}).get("source")
    if not source:
        return None
    counts_as = (whole.get("whose") or {}).get("counts_as")
    whole.setdefault("journey", {}).update(
        {"source": source} | ({"counts_as": counts_as} if counts_as else {})
    )
    packed = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
    return {"state": packed, "source": (counts_as or source)[:200]}
