"""All of ingest's tables."""

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, String, Table

from shared.db.messaging import messaging_tables
from shared.db.types import UtcDateTime

metadata = MetaData()

deliveries = Table(
    "ingest_deliveries",
    metadata,
    Column("delivery", String(300), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("lead_id", String(64), index=True),
    Column("seq", Integer),
    Column("fingerprint", String(64), nullable=False),
    Column("submission", LargeBinary),
    Column("body", LargeBinary),
    Column("received_at", UtcDateTime, nullable=False),
)
# Only what is still to be forgotten is in these indexes: looking for it costs nothing once it is done.
_kept = deliveries.c.submission.is_not(None)
Index("ix_ingest_deliveries_kept", deliveries.c.received_at, sqlite_where=_kept, postgresql_where=_kept)
_raw = deliveries.c.body.is_not(None)
Index("ix_ingest_deliveries_raw", deliveries.c.received_at, sqlite_where=_raw, postgresql_where=_raw)

leads = Table(
    "ingest_leads",
    metadata,
    Column("lead_id", String(64), primary_key=True),
    Column("state", LargeBinary),
    Column("goes_on_as", String(64), index=True),
    Column("ending", String(16), index=True),
)

identities = Table(
    "ingest_identities",
    metadata,
    Column("kind", String(16), nullable=False),
    Column("value", String(400), nullable=False),
    Column("interest", String(200), nullable=False),
    Column("lead_id", String(64), nullable=False, index=True),
    # What tells most comes first: given a list for each of several parts, PostgreSQL before 17 may look up
    # the first alone, and read all that it leads to.
    PrimaryKeyConstraint("value", "kind", "interest", name="ingest_identities_key"),
)

messaging = messaging_tables("ingest", metadata)
