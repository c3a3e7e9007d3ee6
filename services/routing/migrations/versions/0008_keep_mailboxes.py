"""keep mailboxes"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "routing_mailboxes",
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("person"),
    )
