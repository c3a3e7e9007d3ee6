"""remember versions of the agreement"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "scoring_agreements",
        sa.Column("ref", sa.String(length=100), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lists", sa.JSON(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("takes_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("took_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_up", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("ref"),
    )
