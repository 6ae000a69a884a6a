"""Why a campaign was not delivered (配信エラー), and what could be relaxed (R7).

Whoever finds that too few people match, policy by fresh facts or LINE, and in whichever way, a caller reads one reason
with one set of conditions: anything finer would tell how large a group of people is (Q4).
"""

from dataclasses import dataclass
from enum import Enum

from delivery.domain.policy.findings import Code, Finding
from delivery.domain.targeting.references import ATTRIBUTES_PATH, name_conditions
from delivery.domain.targeting.trees import Targeting


class FailureReason(Enum):
    """A cause, with the sentence that a person reads; named like `Campaign.Failure.Reason`.

    `AUDIENCE_BELOW_MINIMUM` is another name of the first one, under which earlier versions have stored it. What became
    of `QUOTA_EXHAUSTED` waits now, and of `OUTCOME_UNKNOWN` is uncertain; earlier versions have stored them.
    """

    RECIPIENTS_BELOW_MINIMUM = "Fewer than 50 people match, or are in one of several audiences; relax the conditions."
    AUDIENCE_BELOW_MINIMUM = RECIPIENTS_BELOW_MINIMUM
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


class NarrowcastFailure(Enum):
    """How a narrowcast ended that LINE had accepted and did not deliver (LP 4.8).

    `DUPLICATE` is none for a caller: another narrowcast under the same key is the one that counts (I6).
    """

    RECIPIENTS_BELOW_MINIMUM = "RECIPIENTS_BELOW_MINIMUM"
    DUPLICATE = "DUPLICATE"
    ABOVE_LIMIT = "ABOVE_LIMIT"
    LINE_INTERNAL = "LINE_INTERNAL"


REASONS = {
    NarrowcastFailure.RECIPIENTS_BELOW_MINIMUM: FailureReason.RECIPIENTS_BELOW_MINIMUM,
    NarrowcastFailure.ABOVE_LIMIT: FailureReason.RECIPIENTS_ABOVE_LIMIT,
    NarrowcastFailure.LINE_INTERNAL: FailureReason.LINE_INTERNAL,
}
"""What a narrowcast's failure is called in its campaign; a duplicate is no failure."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a campaign failed; `relax` are paths of its fields, `codes` are policy's when it was policy that refused."""

    reason: FailureReason
    relax: tuple[str, ...] = ()
    codes: tuple[Code, ...] = ()


def explain(
    reason: FailureReason,
    targeting: Targeting,
    findings: tuple[Finding, ...] = (),
    *,
    recipient_limit: int | None = None,
) -> Failure:
    """Return the failure of a campaign with what could be relaxed (R7).

    Args:
        reason: The cause, as the ledger has it.
        targeting: Whom the campaign was for.
        findings: Those for which policy has refused it just before the call.
        recipient_limit: The caller's own limit; None when there is none.

    """
    refused = tuple(finding for finding in findings if finding.code is not Code.RECIPIENTS_BELOW_MINIMUM)
    codes = tuple(dict.fromkeys(finding.code for finding in refused))
    if reason is FailureReason.REACH_BELOW_MINIMUM or codes == (Code.REACH_BELOW_MINIMUM,):
        return Failure(FailureReason.REACH_BELOW_MINIMUM, (ATTRIBUTES_PATH,))
    if refused:
        relax = tuple(dict.fromkeys(path for finding in refused for path in finding.relax))
        return Failure(reason, relax, codes)
    if findings or reason is FailureReason.RECIPIENTS_BELOW_MINIMUM:
        return Failure(
            FailureReason.RECIPIENTS_BELOW_MINIMUM, name_conditions(targeting, recipient_limit=recipient_limit)
        )
    return Failure(reason)
