"""How long orders of a channel may wait, and every channel name that was ever given."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new; the last release works on, and its channels get the default."""
    op.add_column(
        "channels", sa.Column("order_lifetime_seconds", sa.Integer(), nullable=False, server_default=sa.text("86400"))
    )
    op.create_table("channel_names", sa.Column("name", sa.Text(), primary_key=True))
    op.execute("INSERT INTO channel_names SELECT name FROM channels")
