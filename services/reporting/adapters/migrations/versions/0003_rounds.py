"""What was heard of a campaign as a set of facts, and a ledger with several rounds.

The release before this one goes on working: it reads and writes `accept_time`, `failed` and `published_day` alone, and
what it writes there is taken for heard (`adapters/store/campaigns.py`).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FIRST = sa.text("1")


def upgrade() -> None:
    """Add columns, and the round to the keys of the ledger and of the raw figures."""
    op.add_column("campaigns", sa.Column("heard", JSONB(), nullable=False, server_default=sa.text("'[]'")))
    op.add_column("campaigns", sa.Column("published_round", sa.Integer(), nullable=False, server_default=FIRST))
    op.add_column("campaigns", sa.Column("published_accept_time", sa.DateTime(timezone=True)))
    for table in ("publications", "observations"):
        op.add_column(table, sa.Column("round", sa.Integer(), nullable=False, server_default=FIRST))
        op.drop_constraint(f"{table}_pkey", table)
        op.create_primary_key(f"{table}_pkey", table, ["campaign", "round", "day"])
