"""Migrations: one history and one version table a service, the same on both databases."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData

from shared.db.types import UtcDateTime

SERVICES = Path(__file__).parent.parent.parent / "services"
_UPGRADE_LOCK = 4_242_001


def config_for(service: str, conn: Connection) -> Config:
    """Alembic's settings for one service, on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(SERVICES / service / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    return config


def upgrade(conn: Connection, service: str, revision: str = "head") -> None:
    """Bring one service's tables up to date, in the caller's transaction; processes that start together take turns."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
    command.upgrade(config_for(service, conn), revision)


def check(conn: Connection, service: str) -> None:
    """Raise if the tables that the code declares differ from what the migrations make."""
    command.check(config_for(service, conn))


def run_env(context: Any, metadata: MetaData, service: str) -> None:
    """The whole body of every services/*/migrations/env.py."""
    conn: Connection = context.config.attributes["connection"]
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL lock_timeout = '5s'")  # Fail fast, never stall live traffic.
    context.configure(
        connection=conn,
        target_metadata=metadata,
        version_table=f"{service}_alembic_version",
        include_name=lambda name, kind, _: kind != "table" or name in metadata.tables,
        compare_type=True,
        render_item=_render_item,
        render_as_batch=conn.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    # A migration is history: it names plain SQLAlchemy types, never ours, which may change.
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False
