"""Alembic environment of a service that has no tables but kit's."""

from sqlalchemy import MetaData

from kit.store.alembic_env import run_migrations

run_migrations(MetaData())
