"""keep rows in one piece"""

from alembic import op

revision = "0003"
down_revision = "0002"

# A row of more than 2 kB would be compressed, then cut up. These are written once and read back within the second.
WHOLE = ("leads", "outbox")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in WHOLE:
        op.execute(f"ALTER TABLE scoring_{table} SET (toast_tuple_target = 8160)")
