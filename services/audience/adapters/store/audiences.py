"""The audience catalog in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from audience.adapters.tables import AUDIENCES
from audience.domain.audiences import Audience, Jobs, Kind, ObservedAudience, Permission, State
from audience.domain.counts import Count, CountState

_KEY = ("channel", "audience_id")


class SqlAudienceStore:
    """`AudienceStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, names: Sequence[str]) -> list[Audience]:
        """Return those of the entries named that exist, in no order."""
        keys = [split_name(name) for name in names]
        query = select(AUDIENCES).where(tuple_(AUDIENCES.c.channel, AUDIENCES.c.audience_id).in_(keys))
        return [_from_row(row) for row in await self._connection.execute(query)] if keys else []

    async def lock_catalog(self, channel: str) -> None:
        """Keep others from changing the channel's entries until the transaction ends."""
        number = func.hashtextextended(literal("catalog:").concat(channel), 0)
        await self._connection.execute(select(func.pg_advisory_xact_lock(number)))

    async def list_all(self, channel: str) -> list[Audience]:
        """Return all entries of a channel, REMOVED ones too."""
        rows = await self._connection.execute(select(AUDIENCES).where(AUDIENCES.c.channel == channel))
        return [_from_row(row) for row in rows]

    async def save(self, audiences: Sequence[Audience]) -> None:
        """Store new and changed entries."""
        if not audiences:
            return
        statement = insert(AUDIENCES)
        changed = {column.name: column for column in statement.excluded if column.name not in _KEY}
        upsert = statement.on_conflict_do_update(index_elements=_KEY, set_=changed)
        await self._connection.execute(upsert, [_to_columns(audience) for audience in audiences])

    async def page(
        self, channel: str, *, kinds: frozenset[Kind], states: frozenset[State], after: int | None, size: int
    ) -> list[Audience]:
        """Return up to `size` entries by id, from the one after `after`; empty `kinds` means all kinds."""
        query = (
            select(AUDIENCES)
            .where(AUDIENCES.c.channel == channel, AUDIENCES.c.state.in_(sorted(state.name for state in states)))
            .order_by(AUDIENCES.c.audience_id)
            .limit(size)
        )
        if kinds:
            query = query.where(AUDIENCES.c.kind.in_(sorted(kind.name for kind in kinds)))
        if after is not None:
            query = query.where(AUDIENCES.c.audience_id > after)
        return [_from_row(row) for row in await self._connection.execute(query)]


def split_name(name: str) -> tuple[str, int]:
    """Split `channels/{channel}/audiences/{audience}` into the channel's name and the id."""
    channel, _, audience_id = name.partition("/audiences/")
    return channel, int(audience_id)


def _to_columns(audience: Audience) -> dict[str, Any]:
    channel, _ = split_name(audience.name)
    jobs = audience.observed.jobs
    observed = asdict(audience.observed)
    del observed["jobs"]
    return {
        **observed,
        "jobs_unfinished": None if jobs is None else jobs.unfinished,
        "jobs_time": None if jobs is None else jobs.observe_time,
        "channel": channel,
        "kind": audience.observed.kind.name,
        "state": audience.observed.state.name,
        "permission": audience.observed.permission.name,
        "published_value": audience.published_size.value,
        "published_state": audience.published_size.state.name,
        "publish_time": audience.publish_time,
    }


def _from_row(row: Row[Any]) -> Audience:
    return Audience(
        name=f"{row.channel}/audiences/{row.audience_id}",
        observed=ObservedAudience(
            audience_id=row.audience_id,
            display_name=row.display_name,
            kind=Kind[row.kind],
            state=State[row.state],
            line_count=row.line_count,
            permission=Permission[row.permission],
            create_route=row.create_route,
            ifa=row.ifa,
            owned=row.owned,
            create_time=row.create_time,
            expire_time=row.expire_time,
            jobs=_read_jobs(row),
            observe_time=row.observe_time,
        ),
        published_size=Count(row.published_value, CountState[row.published_state]),
        publish_time=row.publish_time,
    )


def _read_jobs(row: Row[Any]) -> Jobs | None:
    known = row.jobs_unfinished is not None and row.jobs_time is not None
    return Jobs(row.jobs_unfinished, row.jobs_time) if known else None
