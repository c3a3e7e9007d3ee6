"""All of scoring's tables."""

from sqlalchemy import MetaData, Table

from shared.db.messaging import messaging_tables
from shared.db.states import state_columns

metadata = MetaData()

leads = Table("scoring_leads", metadata, *state_columns())
messaging = messaging_tables("scoring", metadata)
