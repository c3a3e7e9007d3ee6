"""clean up queues often"""

from alembic import op

revision = "0002"
down_revision = "0001"

# What fills and empties all day is small and soon half dead: a share of its size says nothing.
QUEUES = ("outbox", "timers", "errands")
AFTER_SO_MANY = (
    "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0"
)
# What only grows, and is forgotten after days, is a matter of small steps.
INBOX = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for queue in QUEUES:
        op.execute(f"ALTER TABLE ingest_{queue} SET ({AFTER_SO_MANY})")
    op.execute(f"ALTER TABLE ingest_inbox SET ({INBOX})")
