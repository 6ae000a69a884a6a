"""Sends are listed by channel."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an index; the last release works on with it."""
    op.create_index(
        "campaigns_changed_of_channel",
        "campaigns",
        ["channel", "update_time", "name"],
        postgresql_where=sa.text("order_time IS NOT NULL"),
    )
