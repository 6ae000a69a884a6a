"""When each contact list is read next, and how many of its readings failed in a row."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new; lists that the last release reads are read once more by this one, which is harmless."""
    op.add_column("contact_lists", sa.Column("next_sync_time", sa.DateTime(timezone=True)))
    op.add_column(
        "contact_lists", sa.Column("failure_count", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.create_index("contact_lists_next_sync_time", "contact_lists", ["next_sync_time"])
    op.execute("UPDATE contact_lists SET next_sync_time = sync_time + interval '12 hours' WHERE state = 'READY'")
