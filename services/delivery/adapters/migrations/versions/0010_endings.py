"""Rows that end without another call are found by indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INDEXES = {
    "send_requests_ending": ("end_time", "state = 'READY'"),
    "send_requests_in_doubt": ("first_attempt_time", "state = 'CALLING'"),
    "send_requests_refused": ("wait_since", "state = 'READY' AND wait_reason = 'CREDENTIALS_REFUSED'"),
}


def upgrade() -> None:
    """Add the indexes, which the last release keeps up too."""
    for name, (column, condition) in _INDEXES.items():
        op.create_index(name, "send_requests", [column], postgresql_where=sa.text(condition))
