"""Rows keep when LINE ended what it took, beside when they ended: another id may be asked for after that."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the time, which the last release leaves empty."""
    op.add_column("send_requests", sa.Column("told_end_time", sa.DateTime(timezone=True)))
