"""How each channel's audiences were last read, when they are read next, and what is left of LINE's limit."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add what is new; the last release reads channels by `poll_time`, which is still written."""
    count = {"nullable": False, "server_default": sa.text("0")}
    op.add_column("channels", sa.Column("sync_time", TIME))
    op.add_column("channels", sa.Column("unreadable_count", sa.Integer(), **count))
    op.add_column("channels", sa.Column("unchecked_count", sa.Integer(), **count))
    op.add_column("channels", sa.Column("sync_failure", sa.Text()))
    op.add_column("channels", sa.Column("sync_failure_time", TIME))
    op.add_column("channels", sa.Column("sync_failure_count", sa.Integer(), **count))
    op.add_column("channels", sa.Column("next_sync_time", TIME))
    op.create_index("channels_next_sync_time", "channels", ["next_sync_time"])
    op.add_column("channels", sa.Column("lookups_left", sa.Double()))
    op.add_column("channels", sa.Column("lookups_time", TIME))
