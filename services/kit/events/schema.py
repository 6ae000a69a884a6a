"""The event tables of every service's database, and the migration steps that make them; rules as in `kit.store.schema`.

All times are machine time: they serve leases, retention and lag, never a business rule.
"""

from typing import Any

from alembic.operations import Operations
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

from kit.store.schema import METADATA


def _event_columns() -> list[Column[Any]]:
    """Columns of one `kit.events.envelope.Event`."""
    return [
        Column("event_id", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("resource", Text, nullable=False),
        Column("event_time", DateTime(timezone=True), nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("traceparent", Text),
    ]


OUTBOX = Table(
    "outbox",
    METADATA,
    # Handed out in commit order per resource, see `kit.events.outbox`.
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    *_event_columns(),
    Column("create_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("publish_time", DateTime(timezone=True)),
)
# Two partial indexes: finding work and finding what may go cost nothing that grows with history.
Index("outbox_unpublished", OUTBOX.c.id, postgresql_where=OUTBOX.c.publish_time.is_(None))
Index("outbox_published", OUTBOX.c.publish_time, postgresql_where=OUTBOX.c.publish_time.is_not(None))

INBOX = Table(
    "inbox",
    METADATA,
    Column("consumer", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("receive_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("inbox_receive_time", "receive_time"),
)

DEAD_LETTERS = Table(
    "dead_letters",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("consumer", Text, nullable=False),
    *_event_columns(),
    Column("reason", Text, nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("consumer", "event_id"),
)

EVENT_STREAMS = Table(
    "event_streams",
    METADATA,
    Column("name", Text, primary_key=True),
    # When NATS made the stream, as NATS writes it: another one means another stream. Empty until a relay has seen it.
    Column("incarnation", Text, nullable=False),
    # The last sequence of the stream that NATS confirmed to us.
    Column("last_sequence", BigInteger, nullable=False),
)


def create_event_tables_v1(op: Operations) -> None:
    """Create `outbox`, `inbox` and `dead_letters`; called by a service's first revision."""
    _create_outbox_v1(op)
    op.create_table(
        "inbox",
        Column("consumer", Text(), nullable=False),
        Column("event_id", Text(), nullable=False),
        Column("receive_time", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        PrimaryKeyConstraint("consumer", "event_id"),
    )
    op.create_index("inbox_receive_time", "inbox", ["receive_time"])
    op.create_table(
        "dead_letters",
        Column("id", BigInteger(), Identity(always=True), primary_key=True),
        Column("consumer", Text(), nullable=False),
        *_event_columns_v1(),
        Column("reason", Text(), nullable=False),
        Column("attempt_count", Integer(), nullable=False),
        Column("create_time", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        UniqueConstraint("consumer", "event_id"),
    )


def create_event_streams_v2(op: Operations) -> None:
    """Create `event_streams`, what a service knows of its own stream."""
    op.create_table(
        "event_streams",
        Column("name", Text(), primary_key=True),
        Column("incarnation", Text(), nullable=False),
        Column("last_sequence", BigInteger(), nullable=False),
    )


def _create_outbox_v1(op: Operations) -> None:
    op.create_table(
        "outbox",
        Column("id", BigInteger(), Identity(always=True), primary_key=True),
        *_event_columns_v1(),
        Column("create_time", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Column("publish_time", DateTime(timezone=True)),
    )
    op.create_index("outbox_unpublished", "outbox", ["id"], postgresql_where=text("publish_time IS NULL"))
    op.create_index("outbox_published", "outbox", ["publish_time"], postgresql_where=text("publish_time IS NOT NULL"))


def _event_columns_v1() -> list[Column[Any]]:
    return [
        Column("event_id", Text(), nullable=False),
        Column("source", Text(), nullable=False),
        Column("type", Text(), nullable=False),
        Column("subject", Text(), nullable=False),
        Column("resource", Text(), nullable=False),
        Column("event_time", DateTime(timezone=True), nullable=False),
        Column("body", LargeBinary(), nullable=False),
        Column("traceparent", Text()),
    ]
