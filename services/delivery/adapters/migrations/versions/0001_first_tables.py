"""First tables: campaigns, the send ledger, the insight budget, and kit's."""

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
    _create_insight_budget()


def _create_campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("targeting", JSONB(), nullable=False),
        sa.Column("messages", sa.LargeBinary(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("notification_disabled", sa.Boolean(), nullable=False),
        sa.Column("recipient_limit", sa.BigInteger()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("acknowledgements", JSONB(), nullable=False),
        sa.Column("create_time", TIME, nullable=False),
        sa.Column("update_time", TIME, nullable=False),
        sa.Column("accept_time", TIME),
        sa.Column("complete_time", TIME),
        sa.Column("failure", JSONB()),
    )
    op.create_index("campaigns_newest", "campaigns", ["channel", "create_time", "name"])


def _create_ledger() -> None:
    op.create_table(
        "send_requests",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("campaign", sa.Text(), sa.ForeignKey("campaigns.name"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_time", TIME),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("sha256", sa.Text()),
        sa.Column("in_doubt", sa.Boolean(), nullable=False),
        sa.Column("first_attempt_time", TIME),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("line_request_id", sa.Text()),
        sa.Column("accept_time", TIME),
        sa.Column("complete_time", TIME),
        sa.Column("failure", sa.Text()),
        sa.Column("claim_number", sa.BigInteger(), nullable=False),
        sa.Column("claim_expire_time", TIME),
    )
    op.create_index("send_requests_campaign", "send_requests", ["campaign"])
    op.create_index(
        "send_requests_due", "send_requests", ["next_time"], postgresql_where=sa.text("next_time IS NOT NULL")
    )
    op.create_table(
        "send_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("request", sa.Text(), sa.ForeignKey("send_requests.name"), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("time", TIME, nullable=False),
    )
    op.create_index("send_attempts_request", "send_attempts", ["request"])


def _create_insight_budget() -> None:
    op.create_table(
        "insight_calls",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("call_time", TIME, nullable=False),
    )
    op.create_index("insight_calls_recent", "insight_calls", ["channel", "call_time"])
