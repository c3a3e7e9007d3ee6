"""Alembic's entry; the body is shared."""

from alembic import context

from services.recycle.tables import metadata
from shared.db.migrate import run_env

run_env(context, metadata, service="recycle")
