"""How far reporting has compared itself with delivery's list of sends; the first pass is due at once."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table with its one row."""
    reconciliations = op.create_table(
        "reconciliations",
        sa.Column("service", sa.Text(), primary_key=True),
        sa.Column("next_time", TIME, nullable=False),
        sa.Column("done_time", TIME),
        sa.Column("since_time", TIME),
        sa.Column("begin_time", TIME),
        sa.Column("page_token", sa.Text()),
        sa.Column("failure_count", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Text()),
        sa.Column("lost_sequence", sa.BigInteger(), nullable=False),
        sa.Column("gap_time", TIME),
        sa.Column("claim_number", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("claim_expire_time", TIME),
    )
    due = {"service": "delivery", "next_time": sa.text("to_timestamp(0)"), "failure_count": 0, "lost_sequence": 0}
    op.execute(reconciliations.insert().values(due))
