"""How long rows are kept: a rule for each table, and the deletion of what has served its purpose."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import structlog
from sqlalchemy import Column, ColumnElement, DateTime, Delete, Table, bindparam, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from kit.clock import Clock, machine_now
from kit.store.errors import StoreError
from kit.store.uow import transaction

BATCH = 1000

CUTOFF = bindparam("cutoff", type_=DateTime(timezone=True))
"""In a condition of a rule: what is older than this is older than the rule keeps."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Rows that are old enough go.

    Attributes:
        table: whose rows.
        column: what their age is counted from; a null keeps its row. An index begins with it.
        keep: the age at which they go.
        why: what they serve until then.
        business: whether the column holds business time; else it is machine time.
        when: what must be true of a row besides its age; it may look at other tables, and compare with `CUTOFF`.

    """

    table: Table
    column: Column[datetime]
    keep: timedelta
    why: str
    business: bool = False
    when: ColumnElement[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptForGood:
    """Rows that no age takes away, and why: they are few, or somebody needs them, or something else deletes them."""

    table: Table
    why: str


Rule: TypeAlias = Retention | KeptForGood


async def keep_swept(
    engine: AsyncEngine, rules: Iterable[Rule], *, clock: Clock, every: timedelta = timedelta(hours=1)
) -> None:
    """Sweep by all `rules` now and `every` so often, until cancelled; an outage only delays the next sweep."""
    ageing = [rule for rule in rules if isinstance(rule, Retention)]
    while True:
        await _sweep_all(engine, ageing, clock)
        await asyncio.sleep(every.total_seconds())


async def _sweep_all(engine: AsyncEngine, rules: Sequence[Retention], clock: Clock) -> None:
    for rule in rules:
        try:
            swept = await sweep(engine, rule, clock=clock)
        except StoreError as error:
            _log.warning("sweep_postponed", table=rule.table.name, reason=type(error).__name__)
        else:
            _log.info("swept", table=rule.table.name, rows=swept)


async def sweep(engine: AsyncEngine, rule: Retention, *, clock: Clock) -> int:
    """Delete all rows that are due under `rule`, one batch per transaction, and return how many went.

    Replicas may sweep at once: each skips the rows that another one is deleting.
    """
    now = clock.now() if rule.business else machine_now()
    statement, values = _delete_batch(rule), {"cutoff": now - rule.keep}
    total = 0
    while True:
        async with transaction(engine) as connection:
            swept = (await connection.execute(statement, values)).rowcount
        total += swept
        if swept < BATCH:
            return total


def _delete_batch(rule: Retention) -> Delete:
    key = rule.table.primary_key.columns
    conditions: list[ColumnElement[Any]] = [rule.column < CUTOFF]
    if rule.when is not None:
        conditions.append(rule.when)
    due = (
        select(*key)
        .where(*conditions)
        .order_by(rule.column)
        .limit(BATCH)
        .with_for_update(of=rule.table, skip_locked=True)
        .cte("due")
    )
    return delete(rule.table).where(tuple_(*key).in_(select(due)))
