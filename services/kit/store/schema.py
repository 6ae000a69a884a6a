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
    # A resource of which only the name is set: what the last release answers a repetition with. Goes with it.
    Column("answer", LargeBinary, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # Null in what replicas of the last release write.
    Column("resource", Text),
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


def keep_names_alone_v2(op: Operations) -> None:
    """Add `request_answers.resource`, and cut the answers kept so far down to their names.

    An answer is a serialized resource, whose first field is its name: a tag, the length in one or two bytes, the text.
    """
    op.add_column("request_answers", Column("resource", Text()))
    op.execute(
        """
        UPDATE request_answers
           SET resource = convert_from(substring(answer FROM head + 1 FOR length), 'UTF8'),
               answer = substring(answer FOR head + length)
          FROM (
                SELECT caller AS its_caller, method AS its_method, request_id AS its_request_id,
                       CASE WHEN get_byte(answer, 1) < 128 THEN 2 ELSE 3 END AS head,
                       CASE WHEN get_byte(answer, 1) < 128 THEN get_byte(answer, 1)
                            ELSE get_byte(answer, 1) - 128 + 128 * get_byte(answer, 2) END AS length
                  FROM request_answers
               ) AS parts
         WHERE (caller, method, request_id) = (its_caller, its_method, its_request_id)
        """
    )
