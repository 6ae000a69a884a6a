"""What a failed send means for its ledger row (LP 1.4–1.9, 4.9)."""

from datetime import timedelta

from delivery.adapters.line_findings import word_evidence
from delivery.application.line_port import (
    Accepted,
    Deferred,
    InDoubt,
    LineCredentialsRefused,
    RefusalKind,
    Refused,
    SendOutcome,
)
from kit.errors import NotFound, ServiceError
from lineapi.errors import (
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
    return Refused(_find_kind(error), ": ".join(filter(None, (evidence, word_evidence(error.message, error.details)))))


def judge_no_token(error: ServiceError) -> Refused | Deferred:
    """Return what a send comes to for which there was no token: LINE has taken nothing."""
    if isinstance(error, LineCredentialsRefused | NotFound):
        return Refused(RefusalKind.LINE_CREDENTIALS_REFUSED, f"no token: {error.message}")
    return Deferred(error.retry_after or OUTAGE_PAUSE, f"no token: {error.message}")


def _find_kind(error: LINEError) -> RefusalKind:
    match error:
        case NotEnoughFriendsError():
            return RefusalKind.REACH_BELOW_MINIMUM
        case UnauthorizedError() | ForbiddenError():
            return RefusalKind.LINE_CREDENTIALS_REFUSED
    return RefusalKind.REQUEST_REFUSED
