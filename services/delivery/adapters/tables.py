"""Tables of the delivery database; `migrations/` makes them."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

METADATA = MetaData()
TIME = DateTime(timezone=True)

_IS_ORDERED = text("order_time IS NOT NULL")

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
    Column("uid", Uuid, nullable=False, server_default=func.gen_random_uuid()),
    Column("order_time", TIME),
    Column("end_time", TIME),
    Column("end_is_callers", Boolean, nullable=False, server_default=text("false")),
    Column("order_lifetime", Interval),
    Column("cancel_request_time", TIME),
    Column("uncertainty", JSONB),
    Column("resolution", JSONB),
    Index("campaigns_newest", "channel", "create_time", "name"),
    Index("campaigns_changed", "update_time", "name", postgresql_where=_IS_ORDERED),
    Index("campaigns_changed_of_channel", "channel", "update_time", "name", postgresql_where=_IS_ORDERED),
)

CAMPAIGN_NAMES = Table(
    "campaign_names",
    METADATA,
    Column("name", Text, primary_key=True),
)
"""Every name that a campaign ever had: it is never given again, whatever becomes of the campaign (I2)."""

OPEN_STATES = ("READY", "CALLING", "ACCEPTED")

# A condition that follows from a comparison, and so holds in plans that are made before the values are known.
_HAS_TIME = text("due_time IS NOT NULL")

SEND_REQUESTS = Table(
    "send_requests",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("campaign", Text, ForeignKey("campaigns.name"), nullable=False),
    Column("state", Text, nullable=False),
    # Of the last release alone: a row that has one is not worked on before it was taken over.
    Column("next_time", TIME),
    # When something is to be done; the last release does not see it, and so leaves the row alone.
    Column("due_time", TIME),
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
    Column("channel", Text, Computed("split_part(campaign, '/campaigns/', 1)", persisted=True)),
    Column("number", Integer, Computed("split_part(name, '/requests/', 2)::integer", persisted=True)),
    # None: the name, of which the keys were made before campaigns had uids.
    Column("key_seed", Text),
    # None in rows of the last release, until they are taken over.
    Column("order_time", TIME),
    Column("end_time", TIME),
    Column("end_is_callers", Boolean, nullable=False, server_default=text("false")),
    Column("last_attempt_time", TIME),
    # By the database's clock, beside business time (I3).
    Column("first_attempt_clock", TIME),
    Column("accept_confirmed", Boolean, nullable=False, server_default=text("false")),
    Column("delivered_ids", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("further_ids", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("denied_ids", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("accept_failure", Text),
    # None too in rows that ended under the last release.
    Column("told_end_time", TIME),
    Column("wait_reason", Text),
    Column("wait_since", TIME),
    Column("wait_count", Integer),
    Column("cancel_time", TIME),
    Column("reserved_account", Text),
    Column("reserved_count", BigInteger),
    Column("uncertainty", Text),
    Index("send_requests_campaign", "campaign"),
    Index("send_requests_due", "next_time", postgresql_where=text("next_time IS NOT NULL")),
    Index("send_requests_open", "due_time", postgresql_where=_HAS_TIME),
    Index("send_requests_queue", "channel", "order_time", "number", postgresql_where=_HAS_TIME),
    Index("send_requests_claimed", "channel", postgresql_where=text("claim_expire_time IS NOT NULL")),
    Index(
        "send_requests_reserved",
        "reserved_account",
        "complete_time",
        postgresql_where=text("reserved_account IS NOT NULL"),
    ),
    Index("send_requests_ending", "end_time", postgresql_where=text("state = 'READY'")),
    Index("send_requests_in_doubt", "first_attempt_time", postgresql_where=text("state = 'CALLING'")),
    Index(
        "send_requests_refused",
        "wait_since",
        postgresql_where=text("state = 'READY' AND wait_reason = 'CREDENTIALS_REFUSED'"),
    ),
    Index("send_requests_undecided", "state", postgresql_where=text("state IN ('READY', 'CALLING', 'UNCERTAIN')")),
)
"""The send ledger (architecture 5): one row for each request to LINE. `line_request_id` is the first open id."""

LEDGER_STATE = Table(
    "ledger_state",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, server_default=text("1")),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("system_identifier", Text, nullable=False),
    Column("timeline", Text, nullable=False),
    Column("start_time", TIME, nullable=False),
    # Machine time of the database at which all was in order last, and how long ago that was when it was no longer.
    Column("open_clock", TIME, nullable=False, server_default=func.now()),
    Column("silence", Interval),
    Column("notice_time", TIME),
    Column("doubt", Text),
    # Up to where the stream's events are the ledger's; empty until the stream was seen.
    Column("stream_incarnation", Text),
    Column("stream_sequence", BigInteger),
)
"""Whether the ledger is open, and the server under it when it was (`domain/sending/restores.py`); one row."""

_TURN_TIME = "CASE WHEN due_time IS NOT NULL THEN greatest(due_time, open_time, rest_until) END"

LANES = Table(
    "lanes",
    METADATA,
    Column("channel", Text, primary_key=True),
    Column("endpoint", Text, primary_key=True),
    # When its bucket is full; None: never used.
    Column("full_time", TIME),
    # When LINE last refused a call for its rate.
    Column("shut_time", TIME),
    # When the gate opens for one call.
    Column("open_time", TIME),
    Column("trouble_count", Integer, nullable=False, server_default=text("0")),
    Column("rest_until", TIME),
    # No later than the earliest `due_time` of the channel's rows there; None when nothing is known to be due.
    Column("due_time", TIME),
    # When the channel is to be served next.
    Column("turn_time", TIME, Computed(_TURN_TIME, persisted=True)),
    # Machine time of the database; among those whose turn it is, who was served least recently comes first.
    Column("last_claim_time", TIME),
    Index(
        "lanes_turn",
        "endpoint",
        "turn_time",
        text("last_claim_time NULLS FIRST"),
        postgresql_where=text("turn_time IS NOT NULL"),
    ),
)
"""How fast each channel's calls go out (`domain/sending/lanes.py`), and in which order channels are served."""

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
    Index("send_attempts_time", "time"),
)
"""What was attempted and answered; lines are only added."""

RESOLUTIONS = Table(
    "resolutions",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("campaign", Text, ForeignKey("campaigns.name"), nullable=False),
    Column("request", Text, ForeignKey("send_requests.name"), nullable=False),
    Column("decision", Text, nullable=False),
    Column("time", TIME, nullable=False),
    Column("resolver", Text, nullable=False),
    Column("uncertainty", JSONB, nullable=False),
    Index("resolutions_campaign", "campaign"),
)
"""What people have decided about uncertain sends, and what was known then; lines are only added, and stay for ever."""

QUOTA_USAGES = Table(
    "quota_usages",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("message_count", BigInteger, nullable=False),
    Column("read_time", TIME, nullable=False),
)
"""The usage of each Official Account as it was last published (V7)."""

INSIGHT_CALLS = Table(
    "insight_calls",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("call_time", TIME, nullable=False),
    Index("insight_calls_recent", "channel", "call_time"),
    Index("insight_calls_time", "call_time"),
)
"""Insight calls of the last hour, for the budget."""
