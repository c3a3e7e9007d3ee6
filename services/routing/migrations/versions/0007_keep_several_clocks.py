"""keep several clocks"""

import json
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

LEADS_AT_ONCE = 1000
leads = sa.table("routing_leads", sa.column("lead_id"), sa.column("state", sa.LargeBinary))


def upgrade() -> None:
    """The one clock of a lead, by the wall clock, is the first of its clocks."""
    conn, last = op.get_bind(), ""
    while True:
        some = sa.select(leads).where(leads.c.lead_id > last).order_by(leads.c.lead_id).limit(LEADS_AT_ONCE)
        rows = conn.execute(some).all()
        if not rows:
            break
        last = rows[-1].lead_id
        for row in rows:
            state = json.loads(row.state or b"{}")
            if "clock" in state or "series_at" in state:
                value = json.dumps(with_clocks(state), ensure_ascii=False, separators=(",", ":")).encode()
                conn.execute(sa.update(leads).where(leads.c.lead_id == row.lead_id).values(state=value))


def with_clocks(state: dict[str, Any]) -> dict[str, Any]:
    clock, series_at = state.pop("clock", None), state.pop("series_at", None)
    if clock is None:
        return state
    started_at = at(clock["started_at"])
    for rung in clock.get("rungs", ()):
        rung["after"] = written(at(rung["at"]) - started_at)
    clock |= {"within": written(at(clock["due_at"]) - started_at), "since": clock["started_at"]}
    if clock["name"] == "accept" and series_at is not None and at(series_at) < started_at:
        state["series"] = written(started_at - at(series_at))
    return state | {"clocks": [clock]}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def written(time: timedelta) -> str:
    return f"PT{time.total_seconds():.6f}S"
