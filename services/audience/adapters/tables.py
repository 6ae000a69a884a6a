"""Tables of the audience database; `migrations/` makes them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
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

CHANNELS = Table(
    "channels",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("line_channel_id", Text, nullable=False, unique=True),
    Column("bot_user_id", Text, nullable=False),
    Column("line_basic_id", Text, nullable=False),
    Column("hubspot_line_id_property", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("area_prefix", Text, nullable=False),
    Column("problems", JSONB, nullable=False),
    Column("credentials", LargeBinary, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
    Column("reach", BigInteger),
    Column("reach_day", Date),
    Column("reach_attempt_time", DateTime(timezone=True)),
    Column("poll_time", DateTime(timezone=True)),
    Column("order_lifetime_seconds", Integer, nullable=False, server_default=text("86400")),
    # How the audiences were last read, in business time; `poll_time` is for the last release.
    Column("sync_time", DateTime(timezone=True)),
    Column("unreadable_count", Integer, nullable=False, server_default=text("0")),
    Column("unchecked_count", Integer, nullable=False, server_default=text("0")),
    Column("sync_failure", Text),
    Column("sync_failure_time", DateTime(timezone=True)),
    Column("sync_failure_count", Integer, nullable=False, server_default=text("0")),
    Column("next_sync_time", DateTime(timezone=True)),
    # What is left of LINE's limit for single audiences, in machine time; null = all of it.
    Column("lookups_left", Double),
    Column("lookups_time", DateTime(timezone=True)),
    # Of whoever reads the channel's audiences.
    Column("claim_number", BigInteger, nullable=False, server_default=text("0")),
    Column("claim_expire_time", DateTime(timezone=True)),
    Index("channels_poll_time", "poll_time"),
    Index("channels_next_sync_time", "next_sync_time"),
)

# Every name that a channel ever had: ledgers elsewhere know channels by name, so a name is given once.
CHANNEL_NAMES = Table("channel_names", METADATA, Column("name", Text, primary_key=True))

TOKEN_ISSUES = Table(
    "token_issues",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("issue_time", DateTime(timezone=True), nullable=False),
    Index("token_issues_issue_time", "issue_time"),
)

AUDIENCES = Table(
    "audiences",
    METADATA,
    Column("channel", Text, ForeignKey("channels.name"), primary_key=True),
    Column("audience_id", BigInteger, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("line_count", BigInteger, nullable=False),
    Column("permission", Text, nullable=False),
    Column("create_route", Text, nullable=False),
    Column("ifa", Boolean, nullable=False),
    Column("owned", Boolean, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("expire_time", DateTime(timezone=True)),
    # What LINE last said of the jobs, and when; both null while it was not asked.
    Column("jobs_unfinished", Boolean),
    Column("jobs_time", DateTime(timezone=True)),
    Column("observe_time", DateTime(timezone=True), nullable=False),
    Column("published_value", BigInteger, nullable=False),
    Column("published_state", Text, nullable=False),
    Column("publish_time", DateTime(timezone=True), nullable=False),
)

CONTACT_LISTS = Table(
    "contact_lists",
    METADATA,
    Column("channel", Text, ForeignKey("channels.name"), primary_key=True),
    Column("list_id", BigInteger, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("failure", Text),
    Column("recipients", BigInteger, nullable=False),
    Column("missing", BigInteger, nullable=False),
    Column("malformed", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("reported_size", BigInteger),
    Column("sync_time", DateTime(timezone=True)),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
    # A reading's members have the number of its claim as their generation; those of `members_generation` are in use.
    Column("generation", Integer, key="claim_number", nullable=False),
    Column("members_generation", Integer, nullable=False),
    Column("claim_expire_time", DateTime(timezone=True)),
    # In business time; null = at once.
    Column("next_sync_time", DateTime(timezone=True)),
    Column("failure_count", Integer, nullable=False, server_default=text("0")),
    Index("contact_lists_next_sync_time", "next_sync_time"),
    Index("contact_lists_to_sync", "claim_expire_time", postgresql_where="state = 'SYNCING'"),
    Index("contact_lists_sync_time", "sync_time"),
)

LIST_MEMBERS = Table(
    "list_members",
    METADATA,
    Column("channel", Text, primary_key=True),
    Column("list_id", BigInteger, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("record_id", Text, primary_key=True),
    Column("line_id_kind", Text, nullable=False),
    Column("line_user_id", Text),
)
