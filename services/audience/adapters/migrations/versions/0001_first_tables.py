"""First tables: channels, audiences, contact lists, and kit's."""

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
    _create_channels()
    _create_audiences()
    _create_contact_lists()


def _create_channels() -> None:
    op.create_table(
        "channels",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("line_channel_id", sa.Text(), nullable=False, unique=True),
        sa.Column("bot_user_id", sa.Text(), nullable=False),
        sa.Column("line_basic_id", sa.Text(), nullable=False),
        sa.Column("hubspot_line_id_property", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("area_prefix", sa.Text(), nullable=False),
        sa.Column("problems", JSONB(), nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
        sa.Column("create_time", TIME, nullable=False),
        sa.Column("update_time", TIME, nullable=False),
        sa.Column("reach", sa.BigInteger()),
        sa.Column("reach_day", sa.Date()),
        sa.Column("reach_attempt_time", TIME),
        sa.Column("poll_time", TIME),
    )
    op.create_index("channels_poll_time", "channels", ["poll_time"])
    op.create_table(
        "token_issues",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("issue_time", TIME, nullable=False),
    )
    op.create_index("token_issues_issue_time", "token_issues", ["issue_time"])


def _create_audiences() -> None:
    op.create_table(
        "audiences",
        sa.Column("channel", sa.Text(), sa.ForeignKey("channels.name"), primary_key=True),
        sa.Column("audience_id", sa.BigInteger(), primary_key=True),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("line_count", sa.BigInteger(), nullable=False),
        sa.Column("permission", sa.Text(), nullable=False),
        sa.Column("create_route", sa.Text(), nullable=False),
        sa.Column("ifa", sa.Boolean(), nullable=False),
        sa.Column("owned", sa.Boolean(), nullable=False),
        sa.Column("create_time", TIME, nullable=False),
        sa.Column("expire_time", TIME),
        sa.Column("jobs_unfinished", sa.Boolean()),
        sa.Column("observe_time", TIME, nullable=False),
        sa.Column("published_value", sa.BigInteger(), nullable=False),
        sa.Column("published_state", sa.Text(), nullable=False),
        sa.Column("publish_time", TIME, nullable=False),
    )


def _create_contact_lists() -> None:
    op.create_table(
        "contact_lists",
        sa.Column("channel", sa.Text(), sa.ForeignKey("channels.name"), primary_key=True),
        sa.Column("list_id", sa.BigInteger(), primary_key=True),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text()),
        sa.Column("recipients", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.BigInteger(), nullable=False),
        sa.Column("malformed", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("reported_size", sa.BigInteger()),
        sa.Column("sync_time", TIME),
        sa.Column("create_time", TIME, nullable=False),
        sa.Column("update_time", TIME, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("members_generation", sa.Integer(), nullable=False),
        sa.Column("claim_expire_time", TIME),
    )
    op.create_index(
        "contact_lists_to_sync",
        "contact_lists",
        ["claim_expire_time"],
        postgresql_where=sa.text("state = 'SYNCING'"),
    )
    op.create_index("contact_lists_sync_time", "contact_lists", ["sync_time"])
    op.create_table(
        "list_members",
        sa.Column("channel", sa.Text(), primary_key=True),
        sa.Column("list_id", sa.BigInteger(), primary_key=True),
        sa.Column("generation", sa.Integer(), primary_key=True),
        sa.Column("record_id", sa.Text(), primary_key=True),
        sa.Column("line_id_kind", sa.Text(), nullable=False),
        sa.Column("line_user_id", sa.Text()),
    )
