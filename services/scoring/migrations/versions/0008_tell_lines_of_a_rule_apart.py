"""tell lines of a rule apart"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "scoring_contests_anew",
        sa.Column("lead_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, server_default="0", nullable=False),
        sa.Column("agreement", sa.String(length=200), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=200), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("lead_id", "number", "line", "by", "place", name="scoring_contests_key"),
    )
    # Of a contest from before this nobody knows the line: it is of the rule as a whole.
    names = 'lead_id, number, line, "by", agreement, said, reason, at, settled_at, settled_by, note'
    op.execute(f"INSERT INTO scoring_contests_anew ({names}) SELECT {names} FROM scoring_contests")
    op.drop_table("scoring_contests")
    op.rename_table("scoring_contests_anew", "scoring_contests")
