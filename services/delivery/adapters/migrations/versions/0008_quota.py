"""Usages of the month are published, and reservations are found without those that a usage covers."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the last release does not know."""
    op.create_table(
        "quota_usages",
        sa.Column("account", sa.Text(), primary_key=True),
        sa.Column("message_count", sa.BigInteger(), nullable=False),
        sa.Column("read_time", sa.DateTime(timezone=True), nullable=False),
    )
    op.drop_index("send_requests_reserved", "send_requests")
    op.create_index(
        "send_requests_reserved",
        "send_requests",
        ["reserved_account", "complete_time"],
        postgresql_where=sa.text("reserved_account IS NOT NULL"),
    )
