"""What recycle knew before its tables changed, it knows afterwards."""

from datetime import timedelta

from alembic import command
from sqlalchemy import Connection, DateTime, text
from sqlalchemy.sql.expression import bindparam

from services.recycle.domain.ledger import Entry
from services.recycle.store.leads import lead_states
from shared.baton import Holder
from shared.db.database import Database
from shared.db.migrate import config_for, upgrade
from shared.testing.leads import INTAKE, NOON, lead_id

RITA = Holder("rep", "rita@acme.example", "rita@acme.example")
LEADS = [lead_id(f"ana{n}") for n in range(1500)]
LEAD = "INSERT INTO recycle_leads (lead_id, state, number, why) VALUES (:lead, :state, 2, 'new')"
ROW = (
    "INSERT INTO recycle_ledger"
    " (lead_id, number, event_id, kind, holder_kind, holder_name, answers, at, why, topic)"
    " VALUES (:lead, :number, :event_id, :kind, :holder_kind, :name, :answers, :at, 'new', 'baton.routing')"
)


def test_the_ledgers_rows_move_to_their_leads(database_url: str) -> None:
    database = Database(database_url, inline=True)
    database.tx_inline(_as_it_was)
    database.tx_inline(lambda conn: upgrade(conn, "recycle"))
    states = database.tx_inline(lambda conn: lead_states.read(conn, LEADS))
    later = NOON + timedelta(minutes=1)
    for lead in LEADS:
        assert states[lead].mql
        assert set(states[lead].journey.entries) == {
            Entry(1, "open", INTAKE, NOON, "new", f"{lead}/1", "baton.routing"),
            Entry(2, "take", RITA, later, "new", f"{lead}/2", "baton.routing"),
            Entry(3, "close", None, later, "new", f"{lead}/3", "baton.routing"),
        }
    database.close()


def _as_it_was(conn: Connection) -> None:
    command.upgrade(config_for("recycle", conn), "0003")
    row = text(ROW).bindparams(bindparam("at", type_=DateTime(timezone=True)))
    conn.execute(text(LEAD), [{"lead": lead, "state": b'{"mql":true}'} for lead in LEADS])
    for number, kind, holder in ((1, "open", INTAKE), (2, "take", RITA), (3, "close", None)):
        held = {
            "holder_kind": holder and holder.kind,
            "name": holder and holder.name,
            "answers": holder and holder.answers,
        }
        at = NOON + timedelta(minutes=int(number > 1))
        told = {"number": number, "kind": kind, "at": at, **held}
        conn.execute(row, [{"lead": lead, "event_id": f"{lead}/{number}", **told} for lead in LEADS])


FROM_WEB = b'{"snapshot":{"person":{},"source":"website"},"journey":{"number":2}}'
PARTNERS = b'{"snapshot":{"person":{},"source":"portal"},"whose":{"rule":"r","counts_as":"partner"}}'


def test_leads_know_where_they_came_from(database_url: str) -> None:
    def as_it_was(conn: Connection) -> None:
        command.upgrade(config_for("recycle", conn), "0005")
        states = (*[FROM_WEB] * 1200, PARTNERS, b'{"journey":{"ending":"won"}}', None)
        rows = zip((lead_id(f"ana{n}") for n in range(len(states))), states, strict=True)
        conn.execute(text(LEAD), [{"lead": lead, "state": state} for lead, state in rows])

    database = Database(database_url, inline=True)
    database.tx_inline(as_it_was)
    database.tx_inline(lambda conn: upgrade(conn, "recycle"))
    count = text("SELECT source, count(*) FROM recycle_leads GROUP BY source")
    found = database.tx_inline(lambda conn: {row[0]: row[1] for row in conn.execute(count)})
    assert found == {"website": 1200, "partner": 1, None: 2}
    partners = database.tx_inline(lambda conn: lead_states.read(conn, [lead_id("ana1200")]))
    assert partners[lead_id("ana1200")].journey.source == "portal"
    database.close()
