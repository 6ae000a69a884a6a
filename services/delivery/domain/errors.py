"""What the delivery service refuses, each with its reason in `error_reason.proto`."""

from datetime import UTC, datetime, timedelta

from kit.errors import PreconditionViolation, ServiceError


class CampaignNotDraft(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The campaign has left the state `DRAFT`."""

    def __init__(self, campaign: str, state: str) -> None:
        super().__init__(
            "Only a draft can be sent; create another campaign.",
            metadata={"campaign": campaign, "state": state},
            preconditions=[PreconditionViolation("CAMPAIGN_NOT_DRAFT", campaign, "must be a draft")],
        )


class CampaignNotAccepted(ServiceError):  # noqa: N818 - named like the reason that callers see
    """LINE has accepted nothing of the campaign, so there is nothing to observe."""

    def __init__(self, campaign: str) -> None:
        super().__init__(
            "LINE has accepted nothing of this campaign.",
            metadata={"campaign": campaign},
            preconditions=[PreconditionViolation("CAMPAIGN_NOT_ACCEPTED", campaign, "must be accepted by LINE")],
        )


class InsightBudgetExhausted(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The hour's insight calls of a channel are used up (LP 1.6)."""

    def __init__(self, channel: str, *, retry_after: timedelta) -> None:
        super().__init__(
            "The channel's insight calls of this hour are used up.",
            metadata={"channel": channel},
            retry_after=retry_after,
        )


class CampaignInFlight(ServiceError):  # noqa: N818 - named like the reason that callers see
    """LINE has accepted the campaign, which can't be recalled (architecture 5)."""

    def __init__(self, campaign: str, state: str) -> None:
        super().__init__(
            "LINE has accepted the campaign; it can't be recalled.",
            metadata={"campaign": campaign, "state": state},
            preconditions=[PreconditionViolation("CAMPAIGN_IN_FLIGHT", campaign, "must not be accepted by LINE")],
        )


class CampaignNotCancellable(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The campaign was never ordered, or has ended."""

    def __init__(self, campaign: str, state: str) -> None:
        super().__init__(
            "Only an order that LINE has not accepted can be cancelled.",
            metadata={"campaign": campaign, "state": state},
            preconditions=[PreconditionViolation("CAMPAIGN_NOT_CANCELLABLE", campaign, "must be on its way")],
        )


class CampaignNotUncertain(ServiceError):  # noqa: N818 - named like the reason that callers see
    """Nobody has to decide about the campaign."""

    def __init__(self, campaign: str, state: str) -> None:
        super().__init__(
            "Only an uncertain campaign is decided about.",
            metadata={"campaign": campaign, "state": state},
            preconditions=[PreconditionViolation("CAMPAIGN_NOT_UNCERTAIN", campaign, "must be uncertain")],
        )


class AttemptMayStillRun(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The last attempt holds a token that LINE may still take; sending again could reach people twice (I3)."""

    def __init__(self, campaign: str, *, until: datetime, now: datetime) -> None:
        super().__init__(
            "The last attempt may still reach LINE; decide again later.",
            metadata={"campaign": campaign, "until": until.astimezone(UTC).isoformat(timespec="seconds")},
            preconditions=[PreconditionViolation("ATTEMPT_MAY_STILL_RUN", campaign, "must have no attempt under way")],
            retry_after=until - now,
        )


class DeadlinePassed(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The caller's own `not_after` has passed."""

    def __init__(self, campaign: str) -> None:
        super().__init__(
            "The deadline of the order has passed; create another campaign.",
            metadata={"campaign": campaign},
            preconditions=[PreconditionViolation("DEADLINE_PASSED", campaign, "must not be past its deadline")],
        )


class LedgerNotFenced(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The ledger was restored to an earlier moment and does not know what was sent since."""

    def __init__(self) -> None:
        super().__init__(
            "The send ledger was restored; an operator has to fence it first (`outreach ledger fence`).",
            preconditions=[PreconditionViolation("LEDGER_NOT_FENCED", "ledger", "must be fenced after a restore")],
        )
