"""Channels in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from audience.adapters.tables import CHANNEL_NAMES, CHANNELS, TOKEN_ISSUES
from audience.application.ports import Reach, SealedCredentials
from audience.domain.channels import Channel, ObservedProblem, Problem
from audience.domain.errors import LineChannelTaken
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
        """Store the channel's present display data and problems."""
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

    async def claim_poll(self, *, due_before: datetime, lease: timedelta) -> Claim[Channel] | None:
        """Take one channel whose audiences were last read before `due_before`."""
        poll_time = CHANNELS.c.poll_time
        due = self._candidates(or_(poll_time.is_(None), poll_time < due_before))
        return await self._claim(due.order_by(poll_time.asc().nulls_first()), lease=lease)

    async def note_poll(self, name: str, *, poll_time: datetime) -> None:
        """Note that a channel's audiences were read, or could not be."""
        await self._connection.execute(update(CHANNELS).where(CHANNELS.c.name == name).values(poll_time=poll_time))


def _to_columns(channel: Channel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "display_name": channel.display_name,
        "line_channel_id": channel.line_channel_id,
        "bot_user_id": channel.bot_user_id,
        "line_basic_id": channel.line_basic_id,
        "hubspot_line_id_property": channel.hubspot_line_id_property,
        "time_zone": channel.time_zone,
        "area_prefix": channel.area_prefix,
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
        area_prefix=row.area_prefix,
        order_lifetime=timedelta(seconds=row.order_lifetime_seconds),
        create_time=row.create_time,
        update_time=row.update_time,
        problems=_problems_from_json(row.problems),
    )


def _problem_to_json(known: ObservedProblem) -> dict[str, str]:
    return {
        "problem": known.problem.name,
        "description": known.description,
        "observe_time": known.observe_time.isoformat(),
    }


def _problems_from_json(stored: Sequence[dict[str, str]]) -> tuple[ObservedProblem, ...]:
    return tuple(
        ObservedProblem(Problem[known["problem"]], known["description"], datetime.fromisoformat(known["observe_time"]))
        for known in stored
    )
