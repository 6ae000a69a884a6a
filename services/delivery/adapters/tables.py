"""Tables of the delivery database; `migrations/` makes them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

METADATA = MetaData()
TIME = DateTime(timezone=True)

CAMPAIGNS = Table(
    "campaigns",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("targeting", JSONB, nullable=False),
    Column("messages", LargeBinary, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("notification_disabled", Boolean, nullable=False),
    Column("recipient_limit", BigInteger),
    Column("state", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("acknowledgements", JSONB, nullable=False),
    Column("create_time", TIME, nullable=False),
    Column("update_time", TIME, nullable=False),
    Column("accept_time", TIME),
    Column("complete_time", TIME),
    Column("failure", JSONB),
    Index("campaigns_newest", "channel", "create_time", "name"),
)

SEND_REQUESTS = Table(
    "send_requests",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("campaign", Text, ForeignKey("campaigns.name"), nullable=False),
    Column("state", Text, nullable=False),
    Column("next_time", TIME),
    Column("generation", Integer, nullable=False),
    Column("body", LargeBinary),
    Column("sha256", Text),
    Column("in_doubt", Boolean, nullable=False),
    Column("first_attempt_time", TIME),
    Column("attempt_count", Integer, nullable=False),
    Column("line_request_id", Text),
    Column("accept_time", TIME),
    Column("complete_time", TIME),
    Column("failure", Text),
    Column("claim_number", BigInteger, nullable=False),
    Column("claim_expire_time", TIME),
    Index("send_requests_campaign", "campaign"),
    Index("send_requests_due", "next_time", postgresql_where=text("next_time IS NOT NULL")),
)
"""The send ledger (architecture 5)."""

SEND_ATTEMPTS = Table(
    "send_attempts",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("request", Text, ForeignKey("send_requests.name"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("entry", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("time", TIME, nullable=False),
    Index("send_attempts_request", "request"),
)
"""What was attempted and answered; lines are only added."""

INSIGHT_CALLS = Table(
    "insight_calls",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("call_time", TIME, nullable=False),
    Index("insight_calls_recent", "channel", "call_time"),
)
"""Insight calls of the last hour, for the budget."""
