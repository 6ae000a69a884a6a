"""Tables that kit keeps in every service's database, and the migration steps that make them.

The tables describe the newest shape, for statements. A migration step is frozen once released: a later change is a new
`..._v2` step, called by a new revision of each service. A test holds both against each other.
"""

from alembic.operations import Operations
from sqlalchemy import Column, DateTime, Index, LargeBinary, MetaData, PrimaryKeyConstraint, Table, Text, func, text

METADATA = MetaData()
"""Holds every table of kit; a service hands it to Alembic beside its own."""

REQUEST_ANSWERS = Table(
    "request_answers",
    METADATA,
    Column("caller", Text, primary_key=True),
    Column("method", Text, primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("request_answers_create_time", "create_time"),
)

LEASES = Table(
    "leases",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expire_time", DateTime(timezone=True), nullable=False),
)


def create_store_tables_v1(op: Operations) -> None:
    """Create `request_answers` and `leases`; called by a service's first revision."""
    op.create_table(
        "request_answers",
        Column("caller", Text(), nullable=False),
        Column("method", Text(), nullable=False),
        Column("request_id", Text(), nullable=False),
        Column("request_hash", LargeBinary(), nullable=False),
        Column("answer", LargeBinary(), nullable=False),
        Column("create_time", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        PrimaryKeyConstraint("caller", "method", "request_id"),
    )
    op.create_index("request_answers_create_time", "request_answers", ["create_time"])
    op.create_table(
        "leases",
        Column("name", Text(), primary_key=True),
        Column("holder", Text(), nullable=False),
        Column("expire_time", DateTime(timezone=True), nullable=False),
    )
