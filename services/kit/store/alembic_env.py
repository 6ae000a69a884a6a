"""The shared body of every service's Alembic `env.py`.

That file is three lines:

from audience.adapters.tables import METADATA
from kit.store.alembic_env import run_migrations
run_migrations(METADATA)
"""

from alembic import context
from sqlalchemy import MetaData

from kit.store.schema import METADATA as KIT_METADATA


def run_migrations(metadata: MetaData) -> None:
    """Run the pending revisions on the connection that `kit.store.migrate` opened, one transaction each.

    `metadata` holds the service's tables, for `alembic check`; kit's are added.
    """
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=[metadata, KIT_METADATA],
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
