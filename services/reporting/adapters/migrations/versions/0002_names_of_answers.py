"""Kit's tables: keep the names of answered resources alone, and remember which stream events were published to."""

from alembic import op

from kit.events.schema import create_event_streams_v2
from kit.store.schema import keep_names_alone_v2

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change kit's tables; the last release works on with them."""
    keep_names_alone_v2(op)
    create_event_streams_v2(op)
