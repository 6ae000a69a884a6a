"""What a call to LINE can end in, other than success.

    LINEError
    ├── UnreachableError             no connection was made: not one byte left
    ├── UnansweredError              bytes may have left, no answer came
    ├── ServerFaultError             5xx, 408: may hide a success
    ├── MalformedAnswerError         an answer that does not read as LINE documents it
    ├── RetryKeyAcceptedError        409: an earlier attempt under this retry key succeeded
    └── RefusedError                 4xx: LINE did nothing
        ├── InvalidRequestError      400
        ├── InvalidCredentialsError  400, 401 from the token endpoint
        ├── UnauthorizedError        401
        ├── ForbiddenError           403
        │   └── NotEnoughFriendsError    target reach under 100 (LP 4.5 T1)
        ├── NotFoundError            404, and the 400 for an unknown audience
        └── TooManyRequestsError     429 of a kind that its text does not tell
            ├── RateLimitError
            ├── MonthlyLimitError    used up, or held by a running send
            └── ConcurrencyLimitError    audience operations in flight

    EverybodyRefusedError (a ValueError): refused here; LINE was not called

Sources: LP 1.4, 1.5, 1.7, 1.9, 2.4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One entry of LINE's `details` (LP 1.4); empty strings where LINE left a part out."""

    message: str
    property: str


class LINEError(Exception):
    """A call to LINE that did not succeed.

    `str()` and `repr()` hold the operation, status and request id only: LINE's words may echo a message or a user id,
    so they stay in `message` and `details` and must not be logged.

    Attributes:
        may_have_happened: False only where it is certain that LINE did nothing.
        operation: method and path, without the query.
        status: HTTP status, None without an answer.
        request_id: `X-Line-Request-Id` of this attempt, None without an answer.
        message: LINE's text, may be empty.
        details: LINE's findings, may be empty.

    """

    may_have_happened: ClassVar[bool] = True
    summary: ClassVar[str]

    def __init__(
        self,
        operation: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        message: str = "",
        details: Sequence[ErrorDetail] = (),
    ) -> None:
        self.operation = operation
        self.status = status
        self.request_id = request_id
        self.message = message
        self.details = tuple(details)
        answer = "" if status is None else f" (status {status}, request {request_id or 'unknown'})"
        super().__init__(f"{operation}: {self._describe()}{answer}")

    def _describe(self) -> str:
        return self.summary


class UnreachableError(LINEError):
    """No connection to LINE was made, so no byte of the request left this process."""

    may_have_happened = False
    summary = "no connection to LINE"


class UnansweredError(LINEError):
    """The request may have reached LINE, but no whole answer came back in time (LP 1.9: repeat under the same key)."""

    summary = "no answer from LINE"


class ServerFaultError(LINEError):
    """LINE, or a gateway before it, failed; a success may hide behind it (LP 1.9)."""

    summary = "LINE failed"


class MalformedAnswerError(LINEError):
    """LINE's answer is not what LP documents, so what happened is not known.

    Attributes:
        problem: which field is wrong and how, in our words; holds no value of the answer.

    """

    summary = "LINE's answer cannot be read"

    def __init__(self, operation: str, *, problem: str, status: int, request_id: str | None) -> None:
        self.problem = problem
        super().__init__(operation, status=status, request_id=request_id)

    def _describe(self) -> str:
        return f"{self.summary}: {self.problem}"


class RetryKeyAcceptedError(LINEError):
    """An earlier attempt under this retry key was accepted: a success (LP 1.9, traps 15 and 16).

    Attributes:
        accepted_request_id: the request id of that attempt; progress and statistics go by it, not by `request_id`.

    """

    summary = "the retry key was accepted before"

    def __init__(self, operation: str, *, accepted_request_id: str, status: int, request_id: str | None) -> None:
        self.accepted_request_id = accepted_request_id
        super().__init__(operation, status=status, request_id=request_id)


class RefusedError(LINEError):
    """LINE refused and did nothing (LP 1.5, 1.9); used itself for statuses that no caller tells apart."""

    may_have_happened = False
    summary = "refused by LINE"


class InvalidRequestError(RefusedError):
    """The request is invalid; `details` says where."""

    summary = "invalid request"


class InvalidCredentialsError(RefusedError):
    """Channel id and secret do not belong together, or the channel does not exist (LP 2.4)."""

    summary = "invalid channel id or secret"


class UnauthorizedError(RefusedError):
    """The token is missing, wrong or expired."""

    summary = "no valid token"


class ForbiddenError(RefusedError):
    """The account or its plan may not do this."""

    summary = "not allowed for this account"


class NotEnoughFriendsError(ForbiddenError):
    """Attributes are used while the target reach is under 100 (LP 4.5 T1)."""

    summary = "not enough friends for attributes"


class NotFoundError(RefusedError):
    """There is no such thing, or no longer; LINE says so for an audience with 400 (LP trap 3)."""

    summary = "not found"


class TooManyRequestsError(RefusedError):
    """A 429 whose text names no kind that we know."""

    summary = "too many requests"


class RateLimitError(TooManyRequestsError):
    """The endpoint's rate limit is exceeded; try again after a pause (LP 1.6)."""

    summary = "rate limit exceeded"


class MonthlyLimitError(TooManyRequestsError):
    """The month's quota is used up **or** held by a running send; only quota and consumption tell which (LP 1.7)."""

    summary = "monthly limit reached or held"


class ConcurrencyLimitError(TooManyRequestsError):
    """Ten operations on the audience are in flight; try again when its jobs have finished (LP 1.6)."""

    summary = "too many operations on one audience"


class EverybodyRefusedError(ValueError):
    """A narrowcast that names neither recipients nor attributes: LINE would send it to every friend (LP 4.2)."""
