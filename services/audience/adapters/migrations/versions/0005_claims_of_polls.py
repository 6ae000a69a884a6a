"""Claims on channels whose audiences are being read, as on every row that one process works on at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new; the last release, which claims by `poll_time` alone, may read a channel a second time."""
    op.add_column("channels", sa.Column("claim_number", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("channels", sa.Column("claim_expire_time", sa.DateTime(timezone=True)))
