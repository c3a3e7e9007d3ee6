"""forget old receipts"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # Receipts from before this go when a later one of their lead does.
    with op.batch_alter_table("scoring_receipts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("said_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_scoring_receipts_said",
            ["said_at"],
            unique=False,
            sqlite_where=sa.text("said_at IS NOT NULL"),
            postgresql_where=sa.text("said_at IS NOT NULL"),
        )
