"""Change kit's tables as a service's second revision does."""

from alembic import op

from kit.events.schema import create_event_streams_v2
from kit.store.schema import keep_names_alone_v2

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Take every second step of kit."""
    keep_names_alone_v2(op)
    create_event_streams_v2(op)
