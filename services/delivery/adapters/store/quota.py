"""Published usages and reservations in PostgreSQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.adapters.tables import QUOTA_USAGES, SEND_REQUESTS
from delivery.domain.sending.quota import Balance, Usage, begin_day
from delivery.domain.sending.values import RowState

_USAGE = QUOTA_USAGES.c
_ROW = SEND_REQUESTS.c


class SqlQuotaStore:
    """`QuotaStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find_usage(self, account: str) -> Usage | None:
        """Return the usage published last, of whatever day."""
        row = (await self._connection.execute(_select_usage(account))).one_or_none()
        return None if row is None else _read_usage(row)

    async def publish(self, usage: Usage) -> None:
        """Store a usage, unless one of the same day in Japan, or of a later one, stands already."""
        new = insert(QUOTA_USAGES).values(
            account=usage.account, message_count=usage.message_count, read_time=usage.read_time
        )
        await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=[_USAGE.account],
                set_={"message_count": new.excluded.message_count, "read_time": new.excluded.read_time},
                where=_USAGE.read_time < begin_day(usage.read_time),
            )
        )

    async def find(self, account: str, *, apart_from: str) -> Balance | None:
        """Return an account's balance apart from what one campaign has reserved."""
        return await self._balance(_select_usage(account), _ROW.campaign != apart_from)

    async def hold(self, account: str, *, apart_from: str, before: datetime | None = None) -> Balance | None:
        """Do as `find`, and keep others from taking of the account until the transaction ends.

        The reservations are summed by a statement of their own, so that it sees what was committed during the wait.
        """
        others = _ROW.campaign != apart_from
        if before is not None:
            others = and_(others, or_(_ROW.state != RowState.READY.name, _ROW.order_time < before))
        return await self._balance(_select_usage(account).with_for_update(), others)

    async def _balance(self, query: Select[Any], others: ColumnElement[bool]) -> Balance | None:
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            return None
        usage = _read_usage(row)
        # What `Usage.covers` says, over all rows of the account.
        is_uncovered = or_(_ROW.complete_time.is_(None), _ROW.complete_time >= usage.read_time)
        reserved = select(func.coalesce(func.sum(_ROW.reserved_count), 0)).where(
            _ROW.reserved_account == usage.account, is_uncovered, others
        )
        return Balance(usage, int(await self._connection.scalar(reserved) or 0))


def _select_usage(account: str) -> Select[Any]:
    return select(QUOTA_USAGES).where(_USAGE.account == account)


def _read_usage(row: Row[Any]) -> Usage:
    return Usage(row.account, row.message_count, row.read_time)
