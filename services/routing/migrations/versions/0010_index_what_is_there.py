"""index what is there, keep decisions in one piece"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

INDEXES = {"owner": ["standing", "owner_kind", "owner"], "answers": ["answers"], "asked": ["asked"]}


def upgrade() -> None:
    with op.batch_alter_table("routing_leads", schema=None) as batch_op:
        for column, columns in INDEXES.items():
            there = sa.text(f"{column} IS NOT NULL")
            batch_op.drop_index(f"ix_routing_leads_{column}")
            batch_op.create_index(
                f"ix_routing_leads_{column}",
                columns,
                unique=False,
                sqlite_where=there,
                postgresql_where=there,
            )
    # A row of more than 2 kB would be compressed, then cut up.
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE routing_receipts SET (toast_tuple_target = 8160)")
