"""Channels in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from audience.adapters.tables import CHANNEL_NAMES, CHANNELS, TOKEN_ISSUES
from audience.application.ports import Reach, SealedCredentials
from audience.domain.catalog import CatalogFailure, CatalogSync, Trouble
from audience.domain.channels import Channel, ObservedProblem, Problem
from audience.domain.errors import LineChannelTaken
from audience.domain.lookups import Lookups, full
from kit.errors import AlreadyExists
from kit.store.claims import SqlClaims
from kit.store.ports import Claim


class SqlChannelStore(SqlClaims[Channel]):
    """`ChannelStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection, CHANNELS, read=_from_row, key_of=lambda channel: (channel.name,))

    async def add(self, channel: Channel, sealed: SealedCredentials) -> None:
        """Store a new channel."""
        values = {**_to_columns(channel), "credentials": sealed.envelope}
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(insert(CHANNEL_NAMES).values(name=channel.name))
                await self._connection.execute(insert(CHANNELS).values(values))
        except IntegrityError as error:
            if await self.is_name_taken(channel.name):
                raise AlreadyExists(channel.name) from error
            raise LineChannelTaken(channel.line_channel_id) from error

    async def find(self, name: str) -> Channel | None:
        """Return the channel of that name."""
        rows = await self._connection.execute(select(CHANNELS).where(CHANNELS.c.name == name))
        row = rows.one_or_none()
        return None if row is None else _from_row(row)

    async def is_name_taken(self, name: str) -> bool:
        """Tell whether a channel has this name, or had it."""
        given = select(CHANNEL_NAMES.c.name).where(CHANNEL_NAMES.c.name == name)
        # The last release, while it still runs, notes no names.
        present = select(CHANNELS.c.name).where(CHANNELS.c.name == name)
        return await self._connection.scalar(given.union_all(present).limit(1)) is not None

    async def is_line_channel_taken(self, line_channel_id: str) -> bool:
        """Tell whether a channel with this LINE channel is registered."""
        query = select(CHANNELS.c.name).where(CHANNELS.c.line_channel_id == line_channel_id)
        return await self._connection.scalar(query) is not None

    async def lock(self, name: str) -> Channel | None:
        """Return the channel and keep others from changing it until the transaction ends."""
        rows = await self._connection.execute(select(CHANNELS).where(CHANNELS.c.name == name).with_for_update())
        row = rows.one_or_none()
        return None if row is None else _from_row(row)

    async def save(self, channel: Channel) -> None:
        """Store the channel's present display data and problems; not its catalog."""
        await self._connection.execute(
            update(CHANNELS).where(CHANNELS.c.name == channel.name).values(_to_columns(channel))
        )

    async def page(self, *, among: frozenset[str] | None, after: str | None, size: int) -> list[Channel]:
        """Return up to `size` channels by name."""
        query = select(CHANNELS).order_by(CHANNELS.c.name).limit(size)
        if among is not None:
            query = query.where(CHANNELS.c.name.in_(sorted(among)))
        if after is not None:
            query = query.where(CHANNELS.c.name > after)
        return [_from_row(row) for row in await self._connection.execute(query)]

    async def find_credentials(self, name: str) -> SealedCredentials | None:
        """Return the sealed credentials."""
        envelope = await self._connection.scalar(select(CHANNELS.c.credentials).where(CHANNELS.c.name == name))
        return None if envelope is None else SealedCredentials(bytes(envelope))

    async def find_reach(self, name: str) -> Reach:
        """Return the last known target reach."""
        columns = (CHANNELS.c.reach, CHANNELS.c.reach_day, CHANNELS.c.reach_attempt_time)
        row = (await self._connection.execute(select(*columns).where(CHANNELS.c.name == name))).one_or_none()
        return Reach(None, None, None) if row is None else Reach(row.reach, row.reach_day, row.reach_attempt_time)

    async def save_reach(self, name: str, reach: Reach) -> None:
        """Store the target reach, or only that it was asked for."""
        values = {"reach": reach.reach, "reach_day": reach.day, "reach_attempt_time": reach.attempt_time}
        await self._connection.execute(update(CHANNELS).where(CHANNELS.c.name == name).values(values))

    async def record_token_issue(self, name: str, *, caller: str, issue_time: datetime) -> None:
        """Audit that a token was handed out."""
        values = {"channel": name, "caller": caller, "issue_time": issue_time}
        await self._connection.execute(insert(TOKEN_ISSUES).values(values))

    async def claim_poll(self, *, now: datetime, lease: timedelta) -> Claim[Channel] | None:
        """Take one channel whose audiences are to be read."""
        due_time = CHANNELS.c.next_sync_time
        due = self._candidates(or_(due_time.is_(None), due_time <= now))
        return await self._claim(due.order_by(due_time.asc().nulls_first()), lease=lease)

    async def save_catalog(self, name: str, catalog: CatalogSync) -> None:
        """Store how the audiences of a channel that is locked were read."""
        trouble = catalog.trouble
        values = {
            "sync_time": catalog.sync_time,
            "unreadable_count": catalog.unreadable_count,
            "unchecked_count": catalog.unchecked_count,
            "sync_failure": None if trouble is None else trouble.failure.name,
            "sync_failure_time": None if trouble is None else trouble.since,
            "sync_failure_count": 0 if trouble is None else trouble.count,
            "next_sync_time": catalog.next_time,
            # When the last release, while it still runs, believes the channel to have been read.
            "poll_time": catalog.next_time,
        }
        await self._connection.execute(update(CHANNELS).where(CHANNELS.c.name == name).values(values))

    async def take_lookups(self, name: str, wanted: int, *, keep: int = 0) -> int:
        """Take up to `wanted` of the calls for single audiences that LINE allows, and leave `keep`."""
        lookups = await self._lock_lookups(name)
        if lookups is None:
            return 0
        left, taken = lookups.take(wanted, keep=keep)
        await self._save_lookups(name, left)
        return taken

    async def drain_lookups(self, name: str) -> None:
        """Note that LINE refuses calls for single audiences for now."""
        lookups = await self._lock_lookups(name)
        if lookups is not None:
            await self._save_lookups(name, lookups.drain())

    async def _lock_lookups(self, name: str) -> Lookups | None:
        """Return what is left of the limit now, by the database's clock, so that replicas agree."""
        columns = (CHANNELS.c.lookups_left, CHANNELS.c.lookups_time, func.clock_timestamp().label("limit_clock"))
        row = (
            await self._connection.execute(select(*columns).where(CHANNELS.c.name == name).with_for_update())
        ).one_or_none()
        if row is None:
            return None
        return (
            full(row.limit_clock)
            if row.lookups_left is None
            else Lookups(row.lookups_left, row.lookups_time).refill(row.limit_clock)
        )

    async def _save_lookups(self, name: str, lookups: Lookups) -> None:
        values = {"lookups_left": lookups.left, "lookups_time": lookups.time}
        await self._connection.execute(update(CHANNELS).where(CHANNELS.c.name == name).values(values))


def _to_columns(channel: Channel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "display_name": channel.display_name,
        "line_channel_id": channel.line_channel_id,
        "bot_user_id": channel.bot_user_id,
        "line_basic_id": channel.line_basic_id,
        "hubspot_line_id_property": channel.hubspot_line_id_property,
        "time_zone": channel.time_zone,
        # Empty where it is not known: the last release can't live without a text.
        "area_prefix": channel.area_prefix or "",
        "order_lifetime_seconds": round(channel.order_lifetime.total_seconds()),
        "create_time": channel.create_time,
        "update_time": channel.update_time,
        "problems": [_problem_to_json(known) for known in channel.problems],
    }


def _from_row(row: Row[Any]) -> Channel:
    return Channel(
        name=row.name,
        display_name=row.display_name,
        line_channel_id=row.line_channel_id,
        bot_user_id=row.bot_user_id,
        line_basic_id=row.line_basic_id,
        hubspot_line_id_property=row.hubspot_line_id_property,
        time_zone=row.time_zone,
        area_prefix=row.area_prefix or None,
        order_lifetime=timedelta(seconds=row.order_lifetime_seconds),
        create_time=row.create_time,
        update_time=row.update_time,
        problems=_problems_from_json(row.problems),
        catalog=_read_catalog(row),
    )


def _read_catalog(row: Row[Any]) -> CatalogSync:
    failing = row.sync_failure is not None
    return CatalogSync(
        sync_time=row.sync_time,
        unreadable_count=row.unreadable_count,
        unchecked_count=row.unchecked_count,
        trouble=Trouble(CatalogFailure[row.sync_failure], row.sync_failure_time, row.sync_failure_count)
        if failing
        else None,
        next_time=row.next_sync_time,
    )


def _problem_to_json(known: ObservedProblem) -> dict[str, Any]:
    return {
        "problem": known.problem.name,
        "description": known.description,
        "observe_time": known.observe_time.isoformat(),
        "refusal_count": known.refusal_count,
        "next_time": known.next_time.isoformat(),
    }


def _problems_from_json(stored: Sequence[dict[str, Any]]) -> tuple[ObservedProblem, ...]:
    return tuple(_read_problem(known) for known in stored)


def _read_problem(stored: dict[str, Any]) -> ObservedProblem:
    """Read a problem; one that the last release wrote tells of one refusal, and the vendor may be asked at once."""
    observe_time = stored["observe_time"]
    return ObservedProblem(
        problem=Problem[stored["problem"]],
        description=stored["description"],
        observe_time=datetime.fromisoformat(observe_time),
        refusal_count=stored.get("refusal_count", 1),
        next_time=datetime.fromisoformat(stored.get("next_time", observe_time)),
    )
