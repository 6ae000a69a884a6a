"""Alembic's entry point; kit does the work."""

from kit.store.alembic_env import run_migrations
from reporting.adapters.tables import METADATA

run_migrations(METADATA)
