"""First tables: campaigns, their publication ledger and raw observations, and kit's."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from kit.events.schema import create_event_tables_v1
from kit.store.schema import create_store_tables_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create everything."""
    create_store_tables_v1(op)
    create_event_tables_v1(op)
    _create_campaigns()
    _create_ledger()


def _create_campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("start_time", TIME, nullable=False),
        sa.Column("accept_time", TIME),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("published_day", sa.Integer()),
        sa.Column("due_day", sa.Integer()),
        sa.Column("attempt_time", TIME),
        sa.Column("failure_count", sa.Integer(), nullable=False),
        sa.Column("claim_number", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("claim_expire_time", TIME),
    )
    op.create_index("campaigns_newest", "campaigns", ["channel", sa.text("start_time DESC"), sa.text("name DESC")])
    op.create_index(
        "campaigns_due", "campaigns", ["attempt_time"], postgresql_where=sa.text("attempt_time IS NOT NULL")
    )


def _create_ledger() -> None:
    op.create_table(
        "publications",
        sa.Column("campaign", sa.Text(), sa.ForeignKey("campaigns.name"), primary_key=True),
        sa.Column("day", sa.Integer(), primary_key=True),
        sa.Column("publish_time", TIME, nullable=False),
        sa.Column("figures", JSONB(), nullable=False),
    )
    op.create_table(
        "observations",
        sa.Column("campaign", sa.Text(), sa.ForeignKey("campaigns.name"), primary_key=True),
        sa.Column("day", sa.Integer(), primary_key=True),
        sa.Column("observe_time", TIME, nullable=False),
        sa.Column("requests", JSONB(), nullable=False),
    )
