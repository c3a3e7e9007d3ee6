"""What the roster said before its changes were kept is the first thing that its history says."""

from alembic import command
from sqlalchemy import JSON, Connection, DateTime, bindparam, text

from services.routing.domain.people.roster import Entry
from services.routing.store.roster import history_of, roster_of
from shared.db.database import Database
from shared.db.migrate import config_for, upgrade
from shared.testing.leads import NOON

BOB = "bob@acme.example"
PERSON = (
    "INSERT INTO routing_people (person, name, active, languages, notify, version, changed_at)"
    " VALUES (:person, 'Bob', true, :languages, NULL, 3, :at)"
)
MEMBER = "INSERT INTO routing_members (team, person, weight) VALUES ('inside', :person, 2)"


def test_everybody_has_a_history_from_the_first_day_on(database_url: str) -> None:
    database = Database(database_url, inline=True)
    database.tx_inline(_as_it_was)
    database.tx_inline(lambda conn: upgrade(conn, "routing"))
    [change] = database.tx_inline(lambda conn: history_of(conn, BOB))
    assert change.listed.entry == Entry(BOB, "Bob", {"inside": 2}, ("en", "pt"))
    assert (change.listed.version, change.listed.active, change.at) == (3, True, NOON)
    assert database.tx_inline(roster_of) == {BOB: change.listed}
    database.close()


def _as_it_was(conn: Connection) -> None:
    command.upgrade(config_for("routing", conn), "0004")
    typed = (bindparam("at", type_=DateTime(timezone=True)), bindparam("languages", type_=JSON))
    conn.execute(text(PERSON).bindparams(*typed), {"person": BOB, "languages": ["en", "pt"], "at": NOON})
    conn.execute(text(MEMBER), {"person": BOB})
