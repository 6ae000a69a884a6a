"""What a failed send means for its ledger row (LP 1.4–1.9, 4.9)."""

from datetime import timedelta

from delivery.adapters.line_findings import word_evidence
from delivery.application.line_port import (
    Accepted,
    CredentialsRefused,
    InDoubt,
    QuotaHeld,
    RateLimited,
    RefusalKind,
    Refused,
    SendOutcome,
    Unreached,
)
from lineapi.errors import (
    ForbiddenError,
    LINEError,
    MonthlyLimitError,
    NotEnoughFriendsError,
    RetryKeyAcceptedError,
    TooManyRequestsError,
    UnauthorizedError,
    UnreachableError,
)

# Ours: LINE tells no time to wait (LP 1.3). The bucket of 60 an hour gains one call a minute (LP 1.6).
RATE_PAUSE = timedelta(minutes=1)


def judge_failure(error: LINEError) -> SendOutcome:  # noqa: PLR0911 - one per outcome
    """Return what an attempt that LINE did not answer with 2xx has come to."""
    evidence = str(error)
    match error:
        case RetryKeyAcceptedError():
            return Accepted(error.accepted_request_id, already=True)
        case _ if error.may_have_happened:
            return InDoubt(evidence)
        case UnreachableError():
            return Unreached(evidence)
        case MonthlyLimitError():
            return QuotaHeld(evidence)
        case TooManyRequestsError():
            return RateLimited(evidence)
        case NotEnoughFriendsError():
            return Refused(RefusalKind.REACH_BELOW_MINIMUM, evidence)
        case UnauthorizedError() | ForbiddenError():
            return CredentialsRefused(evidence)
    reason = word_evidence(error.message, error.details)
    return Refused(RefusalKind.REQUEST_REFUSED, ": ".join(filter(None, (evidence, reason))))
