"""What a caller says of a campaign: to whom it goes, and what they get."""

from dataclasses import dataclass, field

from delivery.domain.content.inspection import ContentFacts
from delivery.domain.targeting.trees import Targeting


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """A campaign as its caller describes it; made of checked parts.

    Attributes:
        name: `channels/{channel}/campaigns/{campaign}`.
        display_name: What people call it.
        targeting: To whom.
        messages: Canonical JSON array of LINE message objects; these bytes are sent (architecture 2).
        content: What the inspection of `messages` found.
        notification_disabled: Whether devices stay silent.
        recipient_limit: Most people who may receive it; None when there is no limit of the caller's.

    """

    name: str
    display_name: str
    targeting: Targeting
    messages: bytes = field(repr=False)  # message texts stay out of logs (N6)
    content: ContentFacts
    notification_disabled: bool = False
    recipient_limit: int | None = None
