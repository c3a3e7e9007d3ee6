"""What ran for a lead before it could have several clocks runs on afterwards."""

import json
from datetime import timedelta

from alembic import command
from sqlalchemy import Connection, text

from services.routing.domain.model import Clock, Rung
from services.routing.store.leads import lead_states
from shared.db.database import Database
from shared.db.migrate import config_for, upgrade
from shared.testing.leads import NOON, lead_id

HOUR = timedelta(hours=1)
LEAD = (
    "INSERT INTO routing_leads (lead_id, state, standing, waiting, score)"
    " VALUES (:lead, :state, 'holding', false, 0)"
)
BEFORE = {
    "attempts": 1,
    "series_at": (NOON - 3 * HOUR).isoformat(),
    "clock": {
        "name": "accept",
        "policy": "standard",
        "started_at": NOON.isoformat(),
        "due_at": (NOON + 4 * HOUR).isoformat(),
        "rungs": [
            {"at": (NOON + 4 * HOUR).isoformat(), "do": "breach"},
            {"at": (NOON + 9 * HOUR).isoformat(), "do": "escalate", "to": "lead"},
        ],
    },
}


def test_the_one_clock_of_a_lead_is_the_first_of_its_clocks(database_url: str) -> None:
    database = Database(database_url, inline=True)
    database.tx_inline(_as_it_was)
    database.tx_inline(lambda conn: upgrade(conn, "routing"))
    states = database.tx_inline(lambda conn: lead_states.read(conn, [lead_id("ana"), lead_id("bea")]))
    ana = states[lead_id("ana")]
    rungs = (
        Rung(NOON + 4 * HOUR, "breach", after=4 * HOUR),
        Rung(NOON + 9 * HOUR, "escalate", "lead", 9 * HOUR),
    )
    assert ana.clocks == (
        Clock("accept", "standard", NOON, NOON + 4 * HOUR, rungs, within=4 * HOUR, since=NOON),
    )
    assert (ana.series, ana.attempts) == (3 * HOUR, 1)
    assert ana.waits == {"clock": NOON + 4 * HOUR}
    assert states[lead_id("bea")].clocks == ()
    database.close()


def _as_it_was(conn: Connection) -> None:
    command.upgrade(config_for("routing", conn), "0005")
    rows = {"ana": BEFORE, "bea": {"attempts": 2}}
    for name, state in rows.items():
        conn.execute(text(LEAD), {"lead": lead_id(name), "state": json.dumps(state).encode()})
