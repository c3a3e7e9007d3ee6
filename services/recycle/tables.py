"""All of recycle's tables."""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    literal_column,
)

from services.recycle.domain.counting import STAGES
from services.recycle.domain.names import NAME_MAX
from shared.db.messaging import messaging_tables
from shared.db.states import state_columns
from shared.db.types import BigIdentity, UtcDateTime

WHY_MAX: Final = 64

metadata: Final = MetaData()

leads: Final = Table(
    "recycle_leads",
    metadata,
    *state_columns(),
    Column("captured_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("ending", String(16)),
    Column("number", Integer, nullable=False),
    Column("holder_kind", String(16)),
    Column("holder_name", String(NAME_MAX)),
    Column("answers", String(NAME_MAX)),
    Column("why", String(WHY_MAX), nullable=False),
    Column("since", UtcDateTime),
    Column("offered_at", UtcDateTime),
    Column("assigned_after_ms", BigIdentity),
    Column("source", String(NAME_MAX)),
)
Index("ix_recycle_leads_ending", leads.c.ending, leads.c.captured_at, leads.c.number)
Index("ix_recycle_leads_holder", leads.c.holder_kind, leads.c.since)
Index("ix_recycle_leads_answers", leads.c.answers)
Index("ix_recycle_leads_offered", leads.c.offered_at)
Index("ix_recycle_leads_assigned", leads.c.assigned_after_ms)

# Time in which nobody is known to have answered: derived from a lead's ledger; and what the auditor said.
gaps: Final = Table(
    "recycle_gaps",
    metadata,
    Column("lead_id", String(64), primary_key=True),
    Column("cause", String(16), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("since", UtcDateTime, primary_key=True),
    Column("known_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    Column("about", Text, nullable=False),
    Column("said_at", UtcDateTime),
    Column("said_times", Integer, nullable=False),
)
Index("ix_recycle_gaps_open", gaps.c.until, gaps.c.known_at)

people: Final = Table(
    "recycle_people",
    metadata,
    Column("person", String(NAME_MAX), primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("event_id", String(200), primary_key=True),
    Column("active", Boolean, nullable=False),
    Column("deputy", String(NAME_MAX)),
)

story: Final = Table(
    "recycle_story",
    metadata,
    Column("id", BigIdentity, primary_key=True, autoincrement=True),
    Column("lead_id", String(64), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("hop", Integer, nullable=False),
    Column("event_id", String(200), nullable=False),
    Column("type", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("receipt", LargeBinary),
    sqlite_autoincrement=True,
)

# The lines that say that a lead has reached a stage are few of many: an index of these alone costs little. It
# is used where the words are the same, so they are written into the statement.
IS_OF_A_STAGE: Final = story.c.type.in_([literal_column(f"'{event.name()}'") for event in STAGES])
Index(
    "ix_recycle_story_stages",
    story.c.at,
    story.c.type,
    story.c.lead_id,
    postgresql_where=IS_OF_A_STAGE,
    sqlite_where=IS_OF_A_STAGE,
)

# Each batch adds rows, so that no two batches wait for one; the auditor adds them up.
counts: Final = Table(
    "recycle_counts",
    metadata,
    Column("id", BigIdentity, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False),
    Column("by", BigIdentity, nullable=False),
    sqlite_autoincrement=True,
)

# `at`: the newest event that was read of a topic; `read_at`: when that was. The ledger's own row says as of
# when every topic has been read.
watermarks: Final = Table(
    "recycle_watermarks",
    metadata,
    Column("topic", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
)

messaging: Final = messaging_tables("recycle", metadata)
