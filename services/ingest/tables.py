"""All of ingest's tables."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

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
    Column("received_at", UtcDateTime, nullable=False, index=True),
)

leads = Table(
    "ingest_leads",
    metadata,
    Column("lead_id", String(64), primary_key=True),
    Column("born", BigInteger, nullable=False),
    Column("state", LargeBinary),
    Column("merged_into", String(64), index=True),
    Column("ending", String(16)),
)

identities = Table(
    "ingest_identities",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("value", String(400), primary_key=True),
    Column("lead_id", String(64), index=True),
)

messaging = messaging_tables("ingest", metadata)
