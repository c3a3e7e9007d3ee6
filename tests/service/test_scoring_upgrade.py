"""What scoring knew before its tables changed, it knows afterwards."""

from alembic import command
from sqlalchemy import Connection, DateTime, bindparam, select, text

from services.scoring.tables import contests
from shared.db.database import Database
from shared.db.migrate import config_for, upgrade
from shared.testing.leads import NOON, lead_id

ROW = text(
    'INSERT INTO scoring_contests (lead_id, number, line, "by", agreement, said, reason, at)'
    " VALUES (:lead_id, 1, 'form', :by, 'acme@1', '+10: a form', 'no', :at)"
).bindparams(bindparam("at", type_=DateTime(timezone=True)))
PEOPLE = ("rita@acme.example", "rui@acme.example")


def test_contests_from_before_are_of_their_rule_as_a_whole(database_url: str) -> None:
    def as_it_was(conn: Connection) -> None:
        command.upgrade(config_for("scoring", conn), "0007")
        conn.execute(ROW, [{"lead_id": lead_id(), "by": person, "at": NOON} for person in PEOPLE])

    database = Database(database_url, inline=True)
    database.tx_inline(as_it_was)
    database.tx_inline(lambda conn: upgrade(conn, "scoring"))
    rows = database.tx_inline(lambda conn: conn.execute(select(contests).order_by(contests.c.by)).all())
    assert [(row.by, row.place, row.said, row.at) for row in rows] == [
        (person, 0, "+10: a form", NOON) for person in PEOPLE
    ]
    database.close()
