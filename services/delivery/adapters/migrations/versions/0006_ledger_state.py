"""The ledger knows the server under it, so that it notices when its database was restored."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)

_INTRODUCE = """
    INSERT INTO ledger_state (system_identifier, timeline, start_time)
    SELECT system_identifier::text, left(pg_walfile_name(pg_current_wal_lsn()), 8), pg_postmaster_start_time()
    FROM pg_control_system()
"""


def upgrade() -> None:
    """Add the one row, with the server as it is."""
    op.create_table(
        "ledger_state",
        sa.Column("id", sa.Integer(), sa.CheckConstraint("id = 1"), server_default=sa.text("1"), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False, server_default=sa.text("1")),
        sa.Column("system_identifier", sa.Text(), nullable=False),
        sa.Column("timeline", sa.Text(), nullable=False),
        sa.Column("start_time", TIME, nullable=False),
        sa.Column("open_clock", TIME, nullable=False, server_default=sa.func.now()),
        sa.Column("silence", sa.Interval()),
        sa.Column("notice_time", TIME),
        sa.Column("doubt", sa.Text()),
        sa.Column("stream_incarnation", sa.Text()),
        sa.Column("stream_sequence", sa.BigInteger()),
    )
    op.execute(_INTRODUCE)
    undecided = sa.text("state IN ('READY', 'CALLING', 'UNCERTAIN')")
    op.create_index("send_requests_undecided", "send_requests", ["state"], postgresql_where=undecided)
