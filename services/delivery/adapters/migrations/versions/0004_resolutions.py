"""What people have decided about uncertain sends."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the log of decisions, of which the last release knows nothing."""
    op.create_table(
        "resolutions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("campaign", sa.Text(), sa.ForeignKey("campaigns.name"), nullable=False),
        sa.Column("request", sa.Text(), sa.ForeignKey("send_requests.name"), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolver", sa.Text(), nullable=False),
        sa.Column("uncertainty", JSONB(), nullable=False),
    )
    op.create_index("resolutions_campaign", "resolutions", ["campaign"])
