"""The send ledger in PostgreSQL.

Claims are leases in machine time of the database; a claim's number fences the writes of whoever lost it.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.adapters.tables import SEND_ATTEMPTS, SEND_REQUESTS
from delivery.application.ports import RequestClaim
from delivery.domain.sending.failures import FailureReason
from delivery.domain.sending.ledger import RequestState, SendRequest

_ROW = SEND_REQUESTS.c
_IS_ACCEPTED = _ROW.state == RequestState.ACCEPTED.name
_NEEDS_CALL = or_(
    _ROW.state.in_([RequestState.READY.name, RequestState.CALLING.name]),
    and_(_IS_ACCEPTED, _ROW.line_request_id.is_(None)),
)
_NEEDS_PROGRESS = and_(_IS_ACCEPTED, _ROW.line_request_id.is_not(None))


class SqlLedgerStore:
    """`LedgerStore` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, request: SendRequest) -> None:
        """Store a new row."""
        values = {**_to_columns(request), "campaign": request.campaign, "claim_number": 0}
        await self._connection.execute(insert(SEND_REQUESTS).values(values))

    async def list_of_campaign(self, campaign: str) -> list[SendRequest]:
        """Return a campaign's rows, in ledger order."""
        query = select(SEND_REQUESTS).where(_ROW.campaign == campaign).order_by(_ROW.name)
        return [_from_row(row) for row in await self._connection.execute(query)]

    async def claim_call(self, *, now: datetime, lease: timedelta) -> RequestClaim | None:
        """Take one row that LINE is to be called for."""
        return await self._claim(_NEEDS_CALL, now=now, lease=lease)

    async def claim_progress(self, *, now: datetime, lease: timedelta) -> RequestClaim | None:
        """Take one accepted row whose progress is to be asked for."""
        return await self._claim(_NEEDS_PROGRESS, now=now, lease=lease)

    async def extend(self, claim: RequestClaim, *, lease: timedelta) -> bool:
        """Hold on to a claim; False when it was lost."""
        extended = await self._connection.execute(
            update(SEND_REQUESTS).where(_is_claimed(claim)).values(claim_expire_time=func.now() + lease)
        )
        return extended.rowcount == 1

    async def hold(self, claim: RequestClaim) -> tuple[SendRequest, bool]:
        """Return the row as it is now, held until the end, and whether the claim still holds."""
        query = select(SEND_REQUESTS).where(_ROW.name == claim.request.name).with_for_update()
        row = (await self._connection.execute(query)).one()
        return _from_row(row), row.claim_number == claim.number

    async def save(self, request: SendRequest) -> None:
        """Store a row that is held."""
        await self._connection.execute(
            update(SEND_REQUESTS).where(_ROW.name == request.name).values(_to_columns(request))
        )

    async def release(self, claim: RequestClaim) -> None:
        """End a claim; harmless when it was lost."""
        await self._connection.execute(update(SEND_REQUESTS).where(_is_claimed(claim)).values(claim_expire_time=None))

    async def log(self, request: SendRequest, *, entry: str, evidence: str, at: datetime) -> None:
        """Add a line to the log of attempts."""
        line = {
            "request": request.name,
            "generation": request.generation,
            "attempt": request.attempt_count,
            "entry": entry,
            "evidence": evidence,
            "time": at,
        }
        await self._connection.execute(insert(SEND_ATTEMPTS).values(line))

    async def _claim(self, kind: ColumnElement[bool], *, now: datetime, lease: timedelta) -> RequestClaim | None:
        is_free = or_(_ROW.claim_expire_time.is_(None), _ROW.claim_expire_time < func.now())
        due = (
            select(_ROW.name)
            .where(kind, _ROW.next_time <= now, is_free)
            .order_by(_ROW.next_time)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        claimed = await self._connection.execute(
            update(SEND_REQUESTS)
            .where(_ROW.name == due)
            .values(claim_number=_ROW.claim_number + 1, claim_expire_time=func.now() + lease)
            .returning(SEND_REQUESTS)
        )
        row = claimed.one_or_none()
        return None if row is None else RequestClaim(_from_row(row), row.claim_number)


def _is_claimed(claim: RequestClaim) -> ColumnElement[bool]:
    return and_(_ROW.name == claim.request.name, _ROW.claim_number == claim.number)


def _to_columns(request: SendRequest) -> dict[str, Any]:
    return {
        "name": request.name,
        "state": request.state.name,
        "next_time": request.next_time,
        "generation": request.generation,
        "body": request.body,
        "sha256": request.sha256,
        "in_doubt": request.in_doubt,
        "first_attempt_time": request.first_attempt_time,
        "attempt_count": request.attempt_count,
        "line_request_id": request.line_request_id,
        "accept_time": request.accept_time,
        "complete_time": request.complete_time,
        "failure": None if request.failure is None else request.failure.name,
    }


def _from_row(row: Row[Any]) -> SendRequest:
    return SendRequest(
        name=row.name,
        state=RequestState[row.state],
        next_time=row.next_time,
        generation=row.generation,
        body=row.body,
        sha256=row.sha256,
        in_doubt=row.in_doubt,
        first_attempt_time=row.first_attempt_time,
        attempt_count=row.attempt_count,
        line_request_id=row.line_request_id,
        accept_time=row.accept_time,
        complete_time=row.complete_time,
        failure=None if row.failure is None else FailureReason[row.failure],
    )
