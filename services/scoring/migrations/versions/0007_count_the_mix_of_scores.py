"""count the mix of scores"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "scoring_mix",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("agreement", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("leads", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "agreement", "by", "value"),
    )
