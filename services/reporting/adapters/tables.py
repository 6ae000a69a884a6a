"""Tables of the reporting database; `migrations/` makes them."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

METADATA = MetaData()

CAMPAIGNS = Table(
    "campaigns",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("start_time", DateTime(timezone=True), nullable=False),
    # What was heard, as `[kind, time]` each; the two columns after it follow from it, for the release before this one.
    Column("heard", JSONB, nullable=False, server_default=text("'[]'")),
    Column("accept_time", DateTime(timezone=True)),
    Column("failed", Boolean, nullable=False),
    # The last publication's slot.
    Column("published_round", Integer, nullable=False, server_default=text("1")),
    Column("published_day", Integer),
    Column("published_accept_time", DateTime(timezone=True)),
    Column("due_day", Integer),
    # Business time; the claim's end is machine time.
    Column("attempt_time", DateTime(timezone=True)),
    Column("failure_count", Integer, nullable=False),
    Column("claim_number", Integer, nullable=False, server_default=text("0")),
    Column("claim_expire_time", DateTime(timezone=True)),
    Index("campaigns_newest", "channel", text("start_time DESC"), text("name DESC")),
    Index("campaigns_due", "attempt_time", postgresql_where=text("attempt_time IS NOT NULL")),
)

RECONCILIATIONS = Table(
    "reconciliations",
    METADATA,
    Column("service", Text, primary_key=True),
    # Business time; the claim's end is machine time.
    Column("next_time", DateTime(timezone=True), nullable=False),
    Column("done_time", DateTime(timezone=True)),
    # The pass under way; all null when there is none.
    Column("since_time", DateTime(timezone=True)),
    Column("begin_time", DateTime(timezone=True)),
    Column("page_token", Text),
    Column("failure_count", Integer, nullable=False),
    # What was seen of the service's stream.
    Column("incarnation", Text),
    Column("lost_sequence", BigInteger, nullable=False),
    Column("gap_time", DateTime(timezone=True)),
    Column("claim_number", Integer, nullable=False, server_default=text("0")),
    Column("claim_expire_time", DateTime(timezone=True)),
)

PUBLICATIONS = Table(
    "publications",
    METADATA,
    Column("campaign", Text, ForeignKey("campaigns.name"), primary_key=True),
    Column("round", Integer, primary_key=True, server_default=text("1")),
    Column("day", Integer, primary_key=True),
    Column("publish_time", DateTime(timezone=True), nullable=False),
    Column("figures", JSONB, nullable=False),
)

OBSERVATIONS = Table(
    "observations",
    METADATA,
    Column("campaign", Text, ForeignKey("campaigns.name"), primary_key=True),
    Column("round", Integer, primary_key=True, server_default=text("1")),
    Column("day", Integer, primary_key=True),
    Column("observe_time", DateTime(timezone=True), nullable=False),
    Column("requests", JSONB, nullable=False),
)
