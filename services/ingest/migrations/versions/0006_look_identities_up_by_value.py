"""look identities up by value"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "ingest_identities_anew",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=400), nullable=False),
        sa.Column("interest", sa.String(length=200), nullable=False),
        sa.Column("lead_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("value", "kind", "interest", name="ingest_identities_key"),
    )
    names = "kind, value, interest, lead_id"
    op.execute(f"INSERT INTO ingest_identities_anew ({names}) SELECT {names} FROM ingest_identities")
    op.drop_table("ingest_identities")
    op.rename_table("ingest_identities_anew", "ingest_identities")
    op.create_index("ix_ingest_identities_lead_id", "ingest_identities", ["lead_id"])
