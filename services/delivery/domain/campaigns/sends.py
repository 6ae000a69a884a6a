"""What other services of ours are told of an ordered campaign, beside its events."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.sending.acceptance import Acceptance
from delivery.domain.sending.failures import FailureReason


@dataclass(frozen=True, slots=True)
class Taken:
    """What LINE took of a campaign, over all of its rows.

    Attributes:
        line_request_ids: LINE's ids that count, in ledger order: what was sent before it was sent again counts too.
        confirmed: Whether the time at which LINE took the newest row is LINE's own.

    """

    line_request_ids: tuple[str, ...] = ()
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """An ordered campaign in outline.

    Attributes:
        campaign: `channels/{channel}/campaigns/{campaign}`.
        state: How far it is.
        failure: Why it failed; None unless it did.
        order_time: When it was ordered; again, where it was sent again.
        accept_time: When LINE took it; None when it is not known to have.
        complete_time: When it reached its final state; None before.
        update_time: When it last changed.
        taken: What LINE took.

    """

    campaign: str
    state: CampaignState
    failure: FailureReason | None
    order_time: datetime
    accept_time: datetime | None
    complete_time: datetime | None
    update_time: datetime
    taken: Taken


def sum_up(acceptances: Iterable[Acceptance | None]) -> Taken:
    """Return what LINE took of a campaign, of whose rows these are the acceptances, in ledger order."""
    known = list(acceptances)
    newest = known[-1] if known else None
    return Taken(
        line_request_ids=tuple(line_id for acceptance in known if acceptance for line_id in acceptance.ids),
        confirmed=newest is not None and newest.confirmed,
    )
