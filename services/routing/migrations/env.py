"""Alembic's entry; the body is shared."""

from alembic import context

from services.routing.tables import metadata
from shared.db.migrate import run_env

run_env(context, metadata, service="routing")
