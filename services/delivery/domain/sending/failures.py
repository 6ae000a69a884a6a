"""Why a campaign was not delivered (配信エラー), and what could be relaxed (R7)."""

from dataclasses import dataclass
from enum import Enum

from delivery.domain.policy.findings import Code, Finding
from delivery.domain.targeting.references import ATTRIBUTES_PATH, AUDIENCE_PATH, name_conditions
from delivery.domain.targeting.trees import Targeting


class FailureReason(Enum):
    """A cause, with the sentence that a person reads; named like `Campaign.Failure.Reason`."""

    RECIPIENTS_BELOW_MINIMUM = "Fewer than LINE's minimum of 50 people match; relax the conditions."
    AUDIENCE_BELOW_MINIMUM = "One of several audiences has fewer than 50 people."
    REACH_BELOW_MINIMUM = "The Official Account's target reach is too small to choose by attributes."
    RECIPIENTS_ABOVE_LIMIT = "More people match than the request allowed, so nobody was sent to."
    QUOTA_EXHAUSTED = "The month's messages are used up."
    REQUEST_REFUSED = "LINE refused the request, or an audience in it."
    LINE_CREDENTIALS_REFUSED = "LINE refuses the channel's credentials; correct them on the channel."
    LINE_INTERNAL = "LINE reports an error of its own."
    POLICY_REFUSED = "Facts changed between ordering and sending, and policy now refuses."
    OUTCOME_UNKNOWN = "LINE accepted the request, but told no outcome for 14 days."
    GIVEN_UP = "A person decided that it was not sent and is not to be."


class UncertaintyReason(Enum):
    """What is not known of a send, with the sentence that a person reads; named like `Campaign.Uncertainty.Reason`."""

    ANSWER_LOST = "LINE's answer was lost for as long as its retry key could tell; it may have been sent."
    DEADLINE_PASSED = "LINE's answer was lost and the deadline has passed; it may have been sent."
    CANCELLED = "LINE's answer was lost and the campaign was cancelled; it may have been sent."
    OUTCOME_UNKNOWN = "LINE accepted it and told no outcome for 14 days; it may have been delivered."
    ACCEPTED_TWICE = "LINE accepted it twice; people may have got it twice."
    LEDGER_RESTORED = "The ledger was restored to an earlier moment; what happened since is forgotten."
    CREDENTIALS_REFUSED = "LINE's answer was lost, and LINE refuses the channel's credentials; it may have been sent."


CODES = {
    1: FailureReason.LINE_INTERNAL,
    2: FailureReason.RECIPIENTS_BELOW_MINIMUM,
    4: FailureReason.AUDIENCE_BELOW_MINIMUM,
    5: FailureReason.RECIPIENTS_ABOVE_LIMIT,
}
"""LINE's error codes of a failed narrowcast (LP 4.8); 3 is not a failure (I6)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a campaign failed; `relax` are paths of its fields, `codes` are policy's when it was policy that refused."""

    reason: FailureReason
    relax: tuple[str, ...] = ()
    codes: tuple[Code, ...] = ()


def explain(reason: FailureReason, targeting: Targeting, findings: tuple[Finding, ...] = ()) -> Failure:
    """Return the failure of a campaign with what could be relaxed (R7)."""
    if findings:
        relax = tuple(dict.fromkeys(path for finding in findings for path in finding.relax))
        return Failure(reason, relax, tuple(dict.fromkeys(finding.code for finding in findings)))
    conditions = name_conditions(targeting)
    match reason:
        case FailureReason.RECIPIENTS_BELOW_MINIMUM:
            return Failure(reason, conditions)
        case FailureReason.AUDIENCE_BELOW_MINIMUM:
            return Failure(reason, tuple(path for path in conditions if path == AUDIENCE_PATH))
        case FailureReason.REACH_BELOW_MINIMUM:
            return Failure(reason, tuple(path for path in conditions if path == ATTRIBUTES_PATH))
    return Failure(reason)
