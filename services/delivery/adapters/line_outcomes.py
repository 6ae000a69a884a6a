"""What a failed send means for its ledger row, and what LINE's findings mean for the caller (LP 1.4–1.9, 4.9).

LINE's own words may echo a message, so none of them pass: only the paths that it names, and texts that it is known to
use and that hold nobody's data.
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from delivery.application.line_port import (
    Accepted,
    Deferred,
    InDoubt,
    LineCredentialsRefused,
    RefusalKind,
    Refused,
    SendOutcome,
)
from delivery.domain.content.inspection import MessageViolation
from kit.errors import NotFound, ServiceError
from lineapi.errors import (
    ErrorDetail,
    ForbiddenError,
    LINEError,
    NotEnoughFriendsError,
    RetryKeyAcceptedError,
    TooManyRequestsError,
    UnauthorizedError,
    UnreachableError,
)

# Ours: LINE tells no time to wait (LP 1.3). The bucket of 60 an hour gains one call a minute (LP 1.6).
RATE_PAUSE = timedelta(minutes=1)
# A hold lasts as long as the send that has it; a narrowcast takes minutes (LP 6.3).
HOLD_PAUSE = timedelta(minutes=2)
# No byte left, or there was no token: the next try is free.
OUTAGE_PAUSE = timedelta(seconds=10)

_PATH = re.compile(r"messages(\[\d{1,2}\])?(\.[A-Za-z][A-Za-z0-9]{0,40}(\[\d{1,3}\])?){0,20}")
_SAFE_TEXT = re.compile(r"May not be empty|(Size|Length) must be between \d{1,9} and \d{1,9}")
_UNNAMED = "messages"
_REFUSED_PART = "LINE refuses this part of the message."


def judge_failure(error: LINEError) -> SendOutcome:
    """Return what an attempt that LINE did not answer with 2xx has come to; for the monthly limit see the quota too."""
    evidence = str(error)
    match error:
        case RetryKeyAcceptedError():
            return Accepted(error.accepted_request_id, already=True)
        case _ if error.may_have_happened:
            return InDoubt(evidence)
        case UnreachableError():
            return Deferred(OUTAGE_PAUSE, evidence)
        case TooManyRequestsError():
            return Deferred(RATE_PAUSE, evidence)
    return Refused(_find_kind(error), evidence, _find_paths(error.details))


def judge_no_token(error: ServiceError) -> Refused | Deferred:
    """Return what a send comes to for which there was no token: LINE has taken nothing."""
    if isinstance(error, LineCredentialsRefused | NotFound):
        return Refused(RefusalKind.LINE_CREDENTIALS_REFUSED, f"no token: {error.message}")
    return Deferred(error.retry_after or OUTAGE_PAUSE, f"no token: {error.message}")


def read_violations(details: Sequence[ErrorDetail]) -> tuple[MessageViolation, ...]:
    """Return LINE's findings, each with the path that it names; at least one, since LINE has refused."""
    found = dict.fromkeys(MessageViolation(_read_path(detail), _read_text(detail)) for detail in details)
    return tuple(found) or (MessageViolation(_UNNAMED, _REFUSED_PART),)


def _find_kind(error: LINEError) -> RefusalKind:
    match error:
        case NotEnoughFriendsError():
            return RefusalKind.REACH_BELOW_MINIMUM
        case UnauthorizedError() | ForbiddenError():
            return RefusalKind.LINE_CREDENTIALS_REFUSED
    return RefusalKind.REQUEST_REFUSED


def _find_paths(details: Sequence[ErrorDetail]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(detail.property for detail in details if _PATH.fullmatch(detail.property)))


def _read_path(detail: ErrorDetail) -> str:
    return detail.property if _PATH.fullmatch(detail.property) else _UNNAMED


def _read_text(detail: ErrorDetail) -> str:
    return f"LINE says: {detail.message}." if _SAFE_TEXT.fullmatch(detail.message) else _REFUSED_PART
