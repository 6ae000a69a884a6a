"""Orders end, say why they wait, and go out by lanes; a campaign's keys are made of its own uid."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)

# Open rows are taken over at the first look of this release (`SqlLaneStore.review`), which knows business time.
_DATE_ROWS = """
    UPDATE send_requests AS row SET order_time = campaign.update_time, last_attempt_time = row.first_attempt_time,
        first_attempt_clock = row.first_attempt_time
    FROM campaigns AS campaign WHERE campaign.name = row.campaign
"""
_DATE_ORDERS = """
    UPDATE campaigns SET order_time = update_time, order_lifetime = interval '24 hours' WHERE state <> 'DRAFT'
"""


def upgrade() -> None:
    """Add what the last release does not know, in a way that it can live with."""
    _add_to_campaigns()
    _add_to_ledger()
    _create_lanes()
    op.execute(_DATE_ROWS)
    op.execute(_DATE_ORDERS)
    op.execute("INSERT INTO campaign_names SELECT name FROM campaigns")


def _add_to_campaigns() -> None:
    for column in (
        sa.Column("uid", sa.Uuid(), nullable=False, server_default=sa.func.gen_random_uuid()),
        sa.Column("order_time", TIME),
        sa.Column("end_time", TIME),
        sa.Column("end_is_callers", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("order_lifetime", sa.Interval()),
        sa.Column("cancel_request_time", TIME),
        sa.Column("uncertainty", JSONB()),
        sa.Column("resolution", JSONB()),
    ):
        op.add_column("campaigns", column)
    op.create_index(
        "campaigns_changed", "campaigns", ["update_time", "name"], postgresql_where=sa.text("order_time IS NOT NULL")
    )
    op.create_table("campaign_names", sa.Column("name", sa.Text(), primary_key=True))


def _add_to_ledger() -> None:
    no_ids = sa.text("'{}'")
    for column in (
        sa.Column("channel", sa.Text(), sa.Computed("split_part(campaign, '/campaigns/', 1)", persisted=True)),
        sa.Column("number", sa.Integer(), sa.Computed("split_part(name, '/requests/', 2)::integer", persisted=True)),
        sa.Column("due_time", TIME),
        sa.Column("key_seed", sa.Text()),
        sa.Column("order_time", TIME),
        sa.Column("end_time", TIME),
        sa.Column("end_is_callers", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("last_attempt_time", TIME),
        sa.Column("first_attempt_clock", TIME),
        sa.Column("accept_confirmed", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("delivered_ids", sa.ARRAY(sa.Text()), nullable=False, server_default=no_ids),
        sa.Column("further_ids", sa.ARRAY(sa.Text()), nullable=False, server_default=no_ids),
        sa.Column("denied_ids", sa.ARRAY(sa.Text()), nullable=False, server_default=no_ids),
        sa.Column("accept_failure", sa.Text()),
        sa.Column("wait_reason", sa.Text()),
        sa.Column("wait_since", TIME),
        sa.Column("wait_count", sa.Integer()),
        sa.Column("cancel_time", TIME),
        sa.Column("reserved_account", sa.Text()),
        sa.Column("reserved_count", sa.BigInteger()),
        sa.Column("uncertainty", sa.Text()),
    ):
        op.add_column("send_requests", column)
    has_time = sa.text("due_time IS NOT NULL")
    op.create_index("send_requests_open", "send_requests", ["due_time"], postgresql_where=has_time)
    op.create_index(
        "send_requests_queue", "send_requests", ["channel", "order_time", "number"], postgresql_where=has_time
    )
    is_claimed = sa.text("claim_expire_time IS NOT NULL")
    op.create_index("send_requests_claimed", "send_requests", ["channel"], postgresql_where=is_claimed)
    is_reserved = sa.text("reserved_account IS NOT NULL")
    op.create_index("send_requests_reserved", "send_requests", ["reserved_account"], postgresql_where=is_reserved)


def _create_lanes() -> None:
    turn_time = "CASE WHEN due_time IS NOT NULL THEN greatest(due_time, open_time, rest_until) END"
    op.create_table(
        "lanes",
        sa.Column("channel", sa.Text(), primary_key=True),
        sa.Column("endpoint", sa.Text(), primary_key=True),
        sa.Column("full_time", TIME),
        sa.Column("shut_time", TIME),
        sa.Column("open_time", TIME),
        sa.Column("trouble_count", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("rest_until", TIME),
        sa.Column("due_time", TIME),
        sa.Column("turn_time", TIME, sa.Computed(turn_time, persisted=True)),
        sa.Column("last_claim_time", TIME),
    )
    in_turn = ["endpoint", "turn_time", sa.text("last_claim_time NULLS FIRST")]
    op.create_index("lanes_turn", "lanes", in_turn, postgresql_where=sa.text("turn_time IS NOT NULL"))
