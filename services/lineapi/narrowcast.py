"""Sending a narrowcast and following it (LP 4)."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from lineapi.everybody import refuse_everybody
from lineapi.fields import Fields
from lineapi.transport import LOOKUP_ATTEMPTS, LOOKUP_TIMEOUT, SEND_TIMEOUT, Call, LINETransport


class NarrowcastPhase(StrEnum):
    """The phases that LP 4.8 knows; an answer may hold another one."""

    WAITING = "waiting"
    SENDING = "sending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class NarrowcastErrorCode(IntEnum):
    """Why a narrowcast failed (LP 4.8); an answer may hold another one."""

    INTERNAL = 1
    TOO_FEW_RECIPIENTS = 2
    RETRY_CONFLICT = 3
    AUDIENCE_BELOW_MINIMUM = 4
    PARTIAL_DELIVERY_FORBIDDEN = 5


@dataclass(frozen=True, slots=True)
class AcceptedNarrowcast:
    """LINE took the narrowcast; it is not sent yet (LP trap 1). `request_id` is the key to its progress."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrowcastProgress:
    """How far a narrowcast is (LP 4.8). Counts are raw figures of people: not to be shown, logged or published.

    Attributes:
        phase: one of `NarrowcastPhase`, or a value that LINE adds later.
        accepted_time: aware UTC.
        completed_time: aware UTC, in the final phases only.
        target_count: intended recipients, not in `waiting`.
        success_count: users reached, not in `waiting`.
        failure_count: users not reached, not in `waiting`; may be positive after `succeeded`.
        error_code: one of `NarrowcastErrorCode` or a later value, in `failed` only.
        failed_description: LINE's free text, in `failed` only.

    """

    phase: str
    accepted_time: datetime
    completed_time: datetime | None = None
    target_count: int | None = None
    success_count: int | None = None
    failure_count: int | None = None
    error_code: int | None = None
    failed_description: str | None = None


class NarrowcastAPI:
    """`/v2/bot/message/narrowcast` (60/h) and its progress (2,000/s)."""

    def __init__(self, transport: LINETransport) -> None:
        self._transport = transport

    async def send(
        self, token: str, body: bytes, *, retry_key: UUID, within: float = SEND_TIMEOUT
    ) -> AcceptedNarrowcast:
        """Make one attempt to send exactly these bytes; repeating is for the ledger alone (I1–I4).

        Args:
            token: channel access token.
            body: LINE's request as JSON (LP 4.2); it leaves as it is, byte for byte.
            retry_key: the same for every attempt of one logical send, used with one body only (LP 1.9).
            within: seconds until the attempt counts as unanswered.

        Raises:
            EverybodyRefusedError: the body would reach every friend; LINE was not called.
            RetryKeyAcceptedError: an earlier attempt was accepted, under the id that it carries.
            RefusedError: LINE refused this attempt; nothing was sent by it.
            LINEError: `may_have_happened` tells whether this attempt may have been accepted.

        """
        refuse_everybody(body)
        call = Call(
            method="POST",
            path="/v2/bot/message/narrowcast",
            token=token,
            body=body,
            headers={"X-Line-Retry-Key": str(retry_key)},
            within=within,
        )
        answer = await self._transport.perform(call)
        if not answer.request_id:
            # Accepted, but nobody could follow it. The next attempt under the key is answered 409 with the id.
            raise answer.malformed("accepted without a request id")
        return AcceptedNarrowcast(request_id=answer.request_id)

    async def get_progress(self, token: str, request_id: str, *, within: float = LOOKUP_TIMEOUT) -> NarrowcastProgress:
        """Get how far an accepted narrowcast is.

        Raises:
            NotFoundError: over 14 days since LINE accepted it, or the id is of another kind of request.
            InvalidRequestError: this is no request id.
            LINEError: any other outcome.

        """
        call = Call(
            method="GET",
            path="/v2/bot/message/progress/narrowcast",
            token=token,
            params={"requestId": request_id},
            within=within,
            attempts=LOOKUP_ATTEMPTS,
        )
        return await self._transport.ask(call, _read_progress)


def _read_progress(answer: Fields) -> NarrowcastProgress:
    return NarrowcastProgress(
        phase=answer.read_text("phase"),
        accepted_time=answer.read_iso_time("acceptedTime"),
        completed_time=answer.find_iso_time("completedTime"),
        target_count=answer.find_integer("targetCount"),
        success_count=answer.find_integer("successCount"),
        failure_count=answer.find_integer("failureCount"),
        error_code=answer.find_integer("errorCode"),
        failed_description=answer.find_text("failedDescription"),
    )
