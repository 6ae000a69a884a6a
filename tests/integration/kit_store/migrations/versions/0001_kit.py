"""Create kit's tables."""

from alembic import op

from kit.events.schema import create_event_tables_v1
from kit.store.schema import create_store_tables_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table of kit, as a service's first revision does."""
    create_store_tables_v1(op)
    create_event_tables_v1(op)
