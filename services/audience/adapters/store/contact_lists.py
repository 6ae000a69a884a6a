"""Contact lists and their members in PostgreSQL.

A reading puts members aside under its claim's number; `use_members` makes them those in use, in the transaction that
also says so, and deletes the others. So a half-read list is never seen.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    Update,
    and_,
    delete,
    distinct,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from audience.adapters.tables import CONTACT_LISTS, LIST_MEMBERS
from audience.domain.contact_lists import (
    MOST_READ_AT_ONCE,
    ContactList,
    LineIdKind,
    ListState,
    Member,
    SyncFailure,
    Tally,
)
from kit.errors import AlreadyExists
from kit.store.claims import SqlClaims
from kit.store.ports import Claim

_LISTS = CONTACT_LISTS
_SYNCING = _LISTS.c.state == ListState.SYNCING.name


class SqlContactListStore(SqlClaims[ContactList]):
    """`ContactListStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection, _LISTS, read=_from_row, key_of=lambda contact_list: split_name(contact_list.name))

    async def add(self, contact_list: ContactList) -> None:
        """Store a newly bound list, to be read."""
        values = {**_to_columns(contact_list), "claim_number": 0, "members_generation": 0}
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(insert(_LISTS).values(values))
        except IntegrityError as error:
            raise AlreadyExists(contact_list.name) from error

    async def find(self, names: Sequence[str]) -> list[ContactList]:
        """Return those of the lists named that exist, in no order."""
        keys = [split_name(name) for name in names]
        query = select(_LISTS).where(tuple_(_LISTS.c.channel, _LISTS.c.list_id).in_(keys))
        return [_from_row(row) for row in await self._connection.execute(query)] if keys else []

    async def page(self, channel: str, *, after: int | None, size: int) -> list[ContactList]:
        """Return up to `size` lists by id, from the one after `after`."""
        query = _of_channel(channel).order_by(_LISTS.c.list_id).limit(size)
        if after is not None:
            query = query.where(_LISTS.c.list_id > after)
        return [_from_row(row) for row in await self._connection.execute(query)]

    async def request_sync(self, name: str, *, now: datetime) -> ContactList | None:
        """Mark a list as to be read at once and return it; one that is SYNCING keeps its claim."""
        asked = update(_LISTS).where(_is_named(name)).values(next_sync_time=None, failure_count=0)
        await self._connection.execute(asked)
        await self._connection.execute(_begin_anew(now).where(_is_named(name), ~_SYNCING))
        row = (await self._connection.execute(select(_LISTS).where(_is_named(name)))).one_or_none()
        return None if row is None else _from_row(row)

    async def request_stale_syncs(self, *, now: datetime) -> int:
        """Mark the READY lists whose turn has come as to be read; return how many."""
        is_due = or_(_LISTS.c.next_sync_time.is_(None), _LISTS.c.next_sync_time <= now)
        requested = await self._connection.execute(
            _begin_anew(now).where(_LISTS.c.state == ListState.READY.name, is_due)
        )
        return requested.rowcount

    async def claim_sync(self, *, now: datetime, lease: timedelta) -> Claim[ContactList] | None:
        """Take one list that is to be read, or to be tried again: first those that nobody has put off."""
        due_time = _LISTS.c.next_sync_time
        is_due = or_(due_time.is_(None), due_time <= now)
        due = self._candidates(_LISTS.c.state != ListState.READY.name, is_due, _count_read() < MOST_READ_AT_ONCE)
        return await self._claim(due.order_by(due_time.asc().nulls_first()), lease=lease)

    async def save(self, contact_list: ContactList) -> None:
        """Store a list that is held."""
        await self._connection.execute(
            update(_LISTS).where(self._has_key(contact_list)).values(_to_columns(contact_list))
        )

    async def add_members(self, claim: Claim[ContactList], members: Sequence[Member]) -> None:
        """Put members aside for this claim; a contact that is there already stays as it is."""
        if not members:
            return
        key = _key(claim)
        rows = [
            {
                **key,
                "record_id": member.record_id,
                "line_id_kind": member.line_id_kind.name,
                "line_user_id": member.line_user_id,
            }
            for member in members
        ]
        await self._connection.execute(insert(LIST_MEMBERS).on_conflict_do_nothing(), rows)

    async def discard_members(self, claim: Claim[ContactList]) -> None:
        """Forget the members put aside for this claim."""
        await self._connection.execute(delete(LIST_MEMBERS).where(_is_aside(claim)))

    async def tally_members(self, claim: Claim[ContactList]) -> Tally:
        """Count the members put aside for this claim."""
        kind = LIST_MEMBERS.c.line_id_kind
        counts = select(
            func.count().filter(kind == LineIdKind.WELL_FORMED.name).label("well_formed"),
            func.count(distinct(LIST_MEMBERS.c.line_user_id)).label("recipients"),
            func.count().filter(kind == LineIdKind.MISSING.name).label("missing"),
            func.count().filter(kind == LineIdKind.MALFORMED.name).label("malformed"),
        ).where(_is_aside(claim))
        row = (await self._connection.execute(counts)).one()
        return Tally(
            recipients=row.recipients,
            missing=row.missing,
            malformed=row.malformed,
            duplicates=row.well_formed - row.recipients,
        )

    async def use_members(self, claim: Claim[ContactList]) -> None:
        """Make the members put aside for this claim those in use, and forget all others."""
        await self._connection.execute(
            update(_LISTS).where(self._has_key(claim.item)).values(members_generation=claim.number)
        )
        channel, list_id = split_name(claim.item.name)
        members = LIST_MEMBERS.c
        await self._connection.execute(
            delete(LIST_MEMBERS).where(
                members.channel == channel, members.list_id == list_id, members.generation != claim.number
            )
        )


def split_name(name: str) -> tuple[str, int]:
    """Split `channels/{channel}/contactLists/{contact_list}` into the channel's name and the id."""
    channel, _, list_id = name.partition("/contactLists/")
    return channel, int(list_id)


def _begin_anew(now: datetime) -> Update:
    return update(_LISTS).values(
        state=ListState.SYNCING.name,
        failure=None,
        update_time=now,
        claim_expire_time=None,
        next_sync_time=None,
        failure_count=0,
    )


def _of_channel(channel: str) -> Select[Any]:
    return select(_LISTS).where(_LISTS.c.channel == channel)


def _is_named(name: str) -> ColumnElement[bool]:
    channel, list_id = split_name(name)
    return and_(_LISTS.c.channel == channel, _LISTS.c.list_id == list_id)


def _is_aside(claim: Claim[ContactList]) -> ColumnElement[bool]:
    return and_(*(LIST_MEMBERS.c[name] == value for name, value in _key(claim).items()))


def _key(claim: Claim[ContactList]) -> dict[str, Any]:
    channel, list_id = split_name(claim.item.name)
    return {"channel": channel, "list_id": list_id, "generation": claim.number}


def _to_columns(contact_list: ContactList) -> dict[str, Any]:
    channel, list_id = split_name(contact_list.name)
    return {
        "channel": channel,
        "list_id": list_id,
        "display_name": contact_list.display_name,
        "state": contact_list.state.name,
        "failure": None if contact_list.failure is None else contact_list.failure.name,
        "recipients": contact_list.tally.recipients,
        "missing": contact_list.tally.missing,
        "malformed": contact_list.tally.malformed,
        "duplicates": contact_list.tally.duplicates,
        "reported_size": contact_list.reported_size,
        "sync_time": contact_list.sync_time,
        "create_time": contact_list.create_time,
        "update_time": contact_list.update_time,
        "next_sync_time": contact_list.next_sync_time,
        "failure_count": contact_list.failure_count,
    }


def _from_row(row: Row[Any]) -> ContactList:
    return ContactList(
        name=f"{row.channel}/contactLists/{row.list_id}",
        display_name=row.display_name,
        hubspot_list_id=str(row.list_id),
        state=ListState[row.state],
        failure=None if row.failure is None else SyncFailure[row.failure],
        tally=Tally(recipients=row.recipients, missing=row.missing, malformed=row.malformed, duplicates=row.duplicates),
        reported_size=row.reported_size,
        sync_time=row.sync_time,
        create_time=row.create_time,
        update_time=row.update_time,
        next_sync_time=row.next_sync_time,
        failure_count=row.failure_count,
    )


def _count_read() -> ScalarSelect[int]:
    """Count the lists of the same channel that are being read; claims made at the same time are not seen."""
    other = _LISTS.alias("other")
    is_read = and_(other.c.channel == _LISTS.c.channel, other.c.claim_expire_time > func.now())
    return select(func.count()).select_from(other).where(is_read).correlate(_LISTS).scalar_subquery()
