"""All of routing's tables: leads, receipts, the roster, turns with their ledger, pauses, and messaging."""

from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from shared.db.messaging import messaging_tables
from shared.db.states import LEAD_ID_MAX, state_columns
from shared.db.types import BigIdentity, UtcDateTime

PERSON_MAX: Final = 255
TEAM_MAX: Final = 80
REASON_MAX: Final = 200

metadata = MetaData()

leads = Table(
    "routing_leads",
    metadata,
    *state_columns(),
    Column("standing", String(16), nullable=False),
    Column("owner_kind", String(8)),
    Column("owner", String(PERSON_MAX)),
    Column("answers", String(PERSON_MAX)),
    Column("asked", String(PERSON_MAX)),
    Column("team", String(TEAM_MAX)),
    Column("stage", String(16)),
    Column("waiting", Boolean, nullable=False),
    Column("position", Integer),
    Column("score", Integer, nullable=False),
    Column("since", UtcDateTime),
)
# Only of leads that are held here, or asked for: a new lead's row, which is its lock, is in none of them.
for _name, _columns in (
    ("owner", (leads.c.standing, leads.c.owner_kind, leads.c.owner)),
    ("answers", (leads.c.answers,)),
    ("asked", (leads.c.asked,)),
):
    _there = leads.c[_name].is_not(None)
    Index(f"ix_routing_leads_{_name}", *_columns, sqlite_where=_there, postgresql_where=_there)

people = Table(
    "routing_people",
    metadata,
    Column("person", String(PERSON_MAX), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("languages", JSON, nullable=False),
    Column("notify", String(2000)),
    Column("details", LargeBinary),
    Column("version", Integer, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("paused", Text),
)

members = Table(
    "routing_members",
    metadata,
    Column("team", String(TEAM_MAX), primary_key=True),
    Column("person", String(PERSON_MAX), ForeignKey(people.c.person), primary_key=True),
    Column("weight", Integer, nullable=False),
)
Index("ix_routing_members_person", members.c.person)

teams = Table(
    "routing_teams",
    metadata,
    Column("team", String(TEAM_MAX), primary_key=True),
    Column("owed", LargeBinary, nullable=True),
    Column("tallies", LargeBinary, nullable=True),
    Column("paused", Text),
)

turns = Table(
    "routing_turns",
    metadata,
    Column("id", BigIdentity, primary_key=True, autoincrement=True),
    Column("team", String(TEAM_MAX), nullable=False),
    Column("person", String(PERSON_MAX), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("day", String(10), nullable=False),
    Column("lead_id", String(LEAD_ID_MAX)),
    Column("paced", Boolean, nullable=False),
    Column("score", Integer, nullable=False),
    Column("worth", Integer, nullable=False, server_default="1"),
    Column("owed", Integer, nullable=False),
    Column("moved", Integer, nullable=False),
    Column("reason", String(REASON_MAX), nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_routing_turns_team", turns.c.team, turns.c.at)
Index("ix_routing_turns_day", turns.c.person, turns.c.day)

people_history = Table(
    "routing_people_history",
    metadata,
    Column("person", String(PERSON_MAX), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(PERSON_MAX), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("entry", LargeBinary, nullable=False),
)
Index("ix_routing_people_history_at", people_history.c.at)

# Every decision about where a lead goes, with what it takes to make it again.
receipts = Table(
    "routing_receipts",
    metadata,
    Column("lead_id", String(LEAD_ID_MAX), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("said_at", UtcDateTime, nullable=False),
    Column("kept", LargeBinary, nullable=False),
)
Index("ix_routing_receipts_said", receipts.c.said_at)

# Who and which teams were given nothing for a while; `paused` of their own rows says that they are now.
pauses = Table(
    "routing_pauses",
    metadata,
    Column("kind", String(8), primary_key=True),
    Column("name", String(PERSON_MAX), primary_key=True),
    Column("since", UtcDateTime, primary_key=True),
    Column("by", String(PERSON_MAX), nullable=False),
    Column("because", String(REASON_MAX), nullable=False),
    Column("until", UtcDateTime),
    Column("resumed_by", String(PERSON_MAX)),
    Column("resumed_because", String(REASON_MAX)),
)

# Whose absences are read from an address, when that last went well, and since when and why it does not.
calendars = Table(
    "routing_calendars",
    metadata,
    Column("person", String(PERSON_MAX), primary_key=True),
    Column("address", Text, nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
    Column("failing_since", UtcDateTime),
    Column("why", String(REASON_MAX), nullable=False),
)

# One row for each person who was told something: how much in the last minute, and what is held back.
mailboxes = Table(
    "routing_mailboxes",
    metadata,
    Column("person", String(PERSON_MAX), primary_key=True),
    Column("box", LargeBinary, nullable=True),
)

messaging = messaging_tables("routing", metadata)
