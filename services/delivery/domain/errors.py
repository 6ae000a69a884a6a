"""What the delivery service refuses, each with its reason in `error_reason.proto`."""

from datetime import timedelta

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
