"""Deletion of rows that have served their purpose, by age in machine time."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Column, Delete, Table, delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from kit.store.errors import StoreError
from kit.store.uow import transaction

BATCH = 1000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """Rows of `table` whose `column` is older than `keep` go; a null keeps its row. The column has an index."""

    table: Table
    column: Column[datetime]
    keep: timedelta


async def keep_swept(engine: AsyncEngine, rules: Iterable[Retention], *, every: timedelta = timedelta(hours=1)) -> None:
    """Sweep all `rules` now and `every` so often, until cancelled; an outage only delays the next sweep."""
    rules = tuple(rules)
    while True:
        for rule in rules:
            try:
                swept = await sweep(engine, rule)
            except StoreError as error:
                _log.warning("sweep_postponed", table=rule.table.name, reason=type(error).__name__)
            else:
                _log.info("swept", table=rule.table.name, rows=swept)
        await asyncio.sleep(every.total_seconds())


async def sweep(engine: AsyncEngine, rule: Retention) -> int:
    """Delete all rows that are due under `rule`, one batch per transaction, and return how many went.

    Replicas may sweep at once: each skips the rows that another one is deleting.
    """
    statement = _delete_batch(rule)
    total = 0
    while True:
        async with transaction(engine) as connection:
            swept = (await connection.execute(statement)).rowcount
        total += swept
        if swept < BATCH:
            return total


def _delete_batch(rule: Retention) -> Delete:
    key = rule.table.primary_key.columns
    due = (
        select(*key)
        .where(rule.column < func.now() - rule.keep)
        .order_by(rule.column)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return delete(rule.table).where(tuple_(*key).in_(select(due)))
