"""All of scoring's tables."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from shared.db.messaging import messaging_tables
from shared.db.states import LEAD_ID_MAX, state_columns
from shared.db.types import UtcDateTime

NAME_MAX: Final = 200
DOMAIN_MAX: Final = 253
metadata: Final = MetaData()

leads: Final = Table("scoring_leads", metadata, *state_columns(), Column("account", String(DOMAIN_MAX)))
_has_account = leads.c.account.is_not(None)
Index("ix_scoring_leads_account", leads.c.account, postgresql_where=_has_account, sqlite_where=_has_account)

# What the CRM says of a company, the last time that it said so.
accounts: Final = Table(
    "scoring_accounts",
    metadata,
    Column("domain", String(DOMAIN_MAX), primary_key=True),
    Column("account", LargeBinary, nullable=False),
)

# Every score that was said, with what it takes to come to it again.
receipts: Final = Table(
    "scoring_receipts",
    metadata,
    Column("lead_id", String(LEAD_ID_MAX), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kept", LargeBinary, nullable=False),
    Column("said_at", UtcDateTime),
)
# Only what is still to be looked at is in this index: a lead's newest stays, and leaves it when it is old.
_to_look_at = receipts.c.said_at.is_not(None)
Index("ix_scoring_receipts_said", receipts.c.said_at, sqlite_where=_to_look_at, postgresql_where=_to_look_at)

contests: Final = Table(
    "scoring_contests",
    metadata,
    Column("lead_id", String(LEAD_ID_MAX), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("line", String(NAME_MAX), primary_key=True),
    Column("by", String(NAME_MAX), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False, server_default="0"),
    Column("agreement", String(NAME_MAX), nullable=False),
    Column("said", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("settled_by", String(NAME_MAX)),
    Column("note", Text),
)

# How often what became of leads in sales, by what their score was made of. Nothing of a single lead is in it.
outcomes: Final = Table(
    "scoring_outcomes",
    metadata,
    Column("agreement", String(NAME_MAX), primary_key=True),
    Column("by", String(16), primary_key=True),
    Column("value", String(NAME_MAX), primary_key=True),
    Column("outcome", String(16), primary_key=True),
    Column("reason", String(NAME_MAX), primary_key=True),
    Column("leads", BigInteger, nullable=False),
)

# How many leads had which first score on a day (of 1970's count), to see whether their mix drifts.
mix: Final = Table(
    "scoring_mix",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("agreement", String(NAME_MAX), primary_key=True),
    Column("by", String(16), primary_key=True),
    Column("value", String(NAME_MAX), primary_key=True),
    Column("leads", BigInteger, nullable=False),
)

messaging: Final = messaging_tables("scoring", metadata)
