"""Claims on the rows of a table: who works on which row, for how long, and which of two may write (SQL side).

A claim is a lease in machine time of the database with a number. The lease keeps others away while it runs; the
number, which grows with every claim, fences the writes of a holder that stood still for longer.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Interval, Row, Select, Table, and_, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from kit.store.ports import Claim

ItemT = TypeVar("ItemT")


class SqlClaims(Generic[ItemT]):
    """`Claims` over one transaction's connection; a service's store derives from it and says which rows are due.

    The table has the columns `claim_number` (not null, 0 in a new row) and `claim_expire_time` (null while nobody has
    claimed the row). A store's own claim reads:

        async def claim_call(self, *, now: datetime, lease: timedelta) -> Claim[Row] | None:
            due = self._candidates(ROWS.c.next_time <= now).order_by(ROWS.c.next_time)
            return await self._claim(due, lease=lease)
    """

    def __init__(
        self,
        connection: AsyncConnection,
        table: Table,
        *,
        read: Callable[[Row[Any]], ItemT],
        key_of: Callable[[ItemT], tuple[object, ...]],
    ) -> None:
        """Describe the rows.

        Args:
            connection: the transaction's.
            table: whose rows are claimed.
            read: makes the item of a row that holds all columns.
            key_of: tells an item's primary key, in the order of its columns.

        """
        self._connection = connection
        self._table = table
        self._read = read
        self._key_of = key_of

    async def extend(self, claim: Claim[ItemT], *, lease: timedelta) -> bool:
        """Keep others away for another `lease` from now; False when the claim was lost."""
        extended = await self._connection.execute(
            update(self._table).where(self._is_claimed(claim)).values(claim_expire_time=func.now() + lease)
        )
        return extended.rowcount == 1

    async def hold(self, claim: Claim[ItemT]) -> ItemT | None:
        """Return the item as it is now, and keep it so until the transaction ends; None when the claim was lost."""
        held = await self._connection.execute(select(self._table).where(self._is_claimed(claim)).with_for_update())
        row = held.one_or_none()
        return None if row is None else self._read(row)

    async def hold_regardless(self, claim: Claim[ItemT]) -> tuple[ItemT, bool]:
        """Do as `hold` for a fact that counts whoever learned it; the second value says whether the claim still holds.

        Raises:
            LookupError: the row is gone.

        """
        held = await self._connection.execute(select(self._table).where(self._has_key(claim.item)).with_for_update())
        row = held.one_or_none()
        if row is None:
            raise LookupError(claim.item)
        return self._read(row), self._number_of(row) == claim.number

    async def release(self, claim: Claim[ItemT]) -> None:
        """End a claim, so that the row is free at once; harmless when it was lost."""
        await self._connection.execute(
            update(self._table).where(self._is_claimed(claim)).values(claim_expire_time=None)
        )

    def _candidates(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        """Select the rows that meet `conditions` and that nobody has claimed.

        What is returned is an ordinary query, which may be joined, narrowed and ordered: the first row is claimed. Two
        claims at the same time do not see each other in conditions that count rows (READ COMMITTED); a cap that must
        hold exactly locks something first.
        """
        table = self._table
        is_free = or_(table.c.claim_expire_time.is_(None), table.c.claim_expire_time < func.now())
        return select(*table.primary_key.columns).where(is_free, *conditions)

    async def _claim(self, candidates: Select[Any], *, lease: timedelta) -> Claim[ItemT] | None:
        """Take the first of `candidates` that no other transaction is taking, or None."""
        return await self._take(claim_first(self._table, candidates), lease=lease)

    async def _take(
        self, claiming: ReturningUpdate[Any], *, lease: timedelta, **parameters: object
    ) -> Claim[ItemT] | None:
        """Execute what `claim_first` has made, with the parameters of its candidates."""
        claimed = await self._connection.execute(claiming, {**parameters, "lease": lease})
        row = claimed.one_or_none()
        return None if row is None else Claim(self._read(row), self._number_of(row))

    def _has_key(self, item: ItemT) -> ColumnElement[bool]:
        columns = self._table.primary_key.columns
        return and_(*(column == value for column, value in zip(columns, self._key_of(item), strict=True)))

    def _is_claimed(self, claim: Claim[ItemT]) -> ColumnElement[bool]:
        return and_(self._has_key(claim.item), self._table.c.claim_number == claim.number)

    def _number_of(self, row: Row[Any]) -> int:
        number: int = row._mapping[self._table.c.claim_number]  # noqa: SLF001 - public, as its documentation says
        return number


def claim_first(table: Table, candidates: Select[Any]) -> ReturningUpdate[Any]:
    """Make the statement that claims the first of `candidates` that no other transaction is taking, for a `lease`.

    Candidates are primary keys of rows that nobody has claimed, in order. A service that claims all the time builds the
    statement once.
    """
    # A common table expression runs once; a subquery might run for each row, and lock a further one each time.
    due = candidates.limit(1).with_for_update(of=table, skip_locked=True).cte("due")
    lease = bindparam("lease", type_=Interval())
    return (
        update(table)
        .where(*(column == due.c[column.key] for column in table.primary_key.columns))
        .values(claim_number=table.c.claim_number + 1, claim_expire_time=func.now() + lease)
        .returning(table)
    )
