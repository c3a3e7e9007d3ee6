"""remember every change of the roster"""

import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("routing_people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("details", sa.LargeBinary(), nullable=True))
    history = op.create_table(
        "routing_people_history",
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("person", "version"),
    )
    with op.batch_alter_table("routing_people_history", schema=None) as batch_op:
        batch_op.create_index("ix_routing_people_history_at", ["at"], unique=False)
    rows = list(_as_they_are(op.get_bind()))
    if rows:
        op.bulk_insert(history, rows)


def _as_they_are(conn: sa.Connection) -> Iterator[dict[str, Any]]:
    """Everybody with what was written of them last: from here on nothing is forgotten."""
    metadata = sa.MetaData()
    people = sa.Table("routing_people", metadata, sa.Column("languages", sa.JSON), autoload_with=conn)
    members = sa.Table("routing_members", metadata, autoload_with=conn)
    teams: dict[str, dict[str, int]] = {}
    for row in conn.execute(sa.select(members)):
        teams.setdefault(row.person, {})[row.team] = row.weight
    for row in conn.execute(sa.select(people)):
        entry = {
            "person": row.person,
            "name": row.name,
            "teams": teams.get(row.person, {}),
            "languages": row.languages,
            "notify": row.notify,
        }
        yield {
            "person": row.person,
            "version": row.version,
            "at": row.changed_at if row.changed_at.tzinfo else row.changed_at.replace(tzinfo=UTC),
            "by": "unknown: before changes were kept",
            "active": row.active,
            "entry": json.dumps(entry).encode(),
        }
