"""Alembic's entry point; kit does the work."""

from delivery.adapters.tables import METADATA
from kit.store.alembic_env import run_migrations

run_migrations(METADATA)
