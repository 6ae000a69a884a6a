"""Indexes by which retention finds rows that are old enough."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add indexes; the last release does not notice."""
    op.create_index("send_attempts_time", "send_attempts", ["time"])
    op.create_index("insight_calls_time", "insight_calls", ["call_time"])
