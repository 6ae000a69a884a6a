"""When LINE told of an audience's jobs, which its list does not tell."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new; jobs without a time, which the last release writes, count as not known."""
    op.add_column("audiences", sa.Column("jobs_time", sa.DateTime(timezone=True)))
