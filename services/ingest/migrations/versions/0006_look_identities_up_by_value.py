"""look identities up by value"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # In place on PostgreSQL, where others write meanwhile: into another table, what they do would be lost.
    with op.batch_alter_table("ingest_identities") as batch_op:
        if op.get_bind().dialect.name == "postgresql":
            batch_op.drop_constraint("ingest_identities_pkey", type_="primary")
        batch_op.create_primary_key("ingest_identities_key", ["value", "kind", "interest"])
