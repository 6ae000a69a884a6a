"""One answer of LINE, and what kind of error it is when it is not a success."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from kit.text import clean
from lineapi.errors import (
    ConcurrencyLimitError,
    ErrorDetail,
    ForbiddenError,
    InvalidRequestError,
    LINEError,
    MalformedAnswerError,
    MonthlyLimitError,
    NotEnoughFriendsError,
    NotFoundError,
    RateLimitError,
    RefusedError,
    RetryKeyAcceptedError,
    ServerFaultError,
    TooManyRequestsError,
    UnauthorizedError,
)

# The four endpoints that share the limit of ten operations in flight (LP 1.6); its 429 has no published text (LP 1.7).
_CONCURRENCY_LIMITED = ("/v2/bot/audienceGroup/upload", "/v2/bot/audienceGroup/upload/byFile")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, ids and body that LINE answered with.

    Attributes:
        operation: method and path of the call.
        status: HTTP status.
        request_id: `X-Line-Request-Id`; every answer should carry one (LP 1.3).
        accepted_request_id: `X-Line-Accepted-Request-Id`, with 409 only.
        body: None when the connection was lost after the status had arrived.

    """

    operation: str
    status: int
    request_id: str | None
    accepted_request_id: str | None = None
    body: bytes | None = field(default=None, repr=False)

    def malformed(self, problem: str) -> MalformedAnswerError:
        """Make the error for an answer that does not read as documented."""
        return MalformedAnswerError(self.operation, problem=problem, status=self.status, request_id=self.request_id)


def find_error(answer: Answer) -> LINEError | None:
    """Tell what went wrong by status first and by text only where LP leaves nothing else; None for 2xx.

    LINE may change its texts (LP 1.4), so an unknown text falls back to the status's own class.
    """
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if status == HTTPStatus.CONFLICT:
        return _read_conflict(answer)
    # 408 comes from a gateway that gave up, like 504: it proves nothing about LINE behind it.
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return ServerFaultError(answer.operation, status=status, request_id=answer.request_id)
    if status >= HTTPStatus.BAD_REQUEST:
        return _read_refusal(answer)
    return answer.malformed("status is neither success nor error")


def _read_conflict(answer: Answer) -> LINEError:
    # Without the id nobody can follow the accepted send: asking again under the same key may bring it.
    if not answer.accepted_request_id:
        return answer.malformed("409 without the accepted request id")
    return RetryKeyAcceptedError(
        answer.operation,
        accepted_request_id=answer.accepted_request_id,
        status=answer.status,
        request_id=answer.request_id,
    )


def _read_refusal(answer: Answer) -> RefusedError:
    message, details = _read_error_body(answer.body)
    kind = _find_refusal_kind(answer, message.casefold(), details)
    return kind(answer.operation, status=answer.status, request_id=answer.request_id, message=message, details=details)


def _find_refusal_kind(answer: Answer, text: str, details: tuple[ErrorDetail, ...]) -> type[RefusedError]:
    match answer.status:
        case HTTPStatus.BAD_REQUEST:
            unknown_audience = any(detail.message == "AUDIENCE_GROUP_NOT_FOUND" for detail in details)
            return NotFoundError if unknown_audience else InvalidRequestError
        case HTTPStatus.UNAUTHORIZED:
            return UnauthorizedError
        case HTTPStatus.FORBIDDEN:
            return NotEnoughFriendsError if "not have enough friends" in text else ForbiddenError
        case HTTPStatus.NOT_FOUND:
            return NotFoundError
        case HTTPStatus.TOO_MANY_REQUESTS:
            return _find_limit_kind(answer.operation, text)
        case _:
            return RefusedError


def _find_limit_kind(operation: str, text: str) -> type[TooManyRequestsError]:
    if "monthly limit" in text:
        return MonthlyLimitError
    if "rate limit" in text:
        return RateLimitError
    return ConcurrencyLimitError if operation.endswith(_CONCURRENCY_LIMITED) else TooManyRequestsError


def _read_error_body(body: bytes | None) -> tuple[str, tuple[ErrorDetail, ...]]:
    """Read both error shapes of LP 1.4 and whatever else comes: an unreadable body must not hide a clear status."""
    try:
        error = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return "", ()
    if not isinstance(error, dict):
        return "", ()
    message = _read_text(error, "message") or _read_text(error, "error_description") or _read_text(error, "error")
    entries = error.get("details")
    entries = entries if isinstance(entries, list) else []
    return message, tuple(
        ErrorDetail(message=_read_text(entry, "message"), property=_read_text(entry, "property"))
        for entry in entries
        if isinstance(entry, dict)
    )


def _read_text(source: Mapping[str, Any], name: str) -> str:
    value = source.get(name)
    return clean(value) if isinstance(value, str) else ""
