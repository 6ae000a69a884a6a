"""LINE's books against ours: what the sandbox accepted, by message, beside the states that delivery shows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outreach.delivery.v1 import campaign_pb2 as pb
from tests.chaos.orders import FINAL, Order
from tests.chaos.stage import Account
from tests.chaos.vendor import Vendor

_REPEATED = 3  # LINE's error code of a request that repeats an accepted one (LP 4.8): nobody got it twice


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One narrowcast that LINE accepted."""

    line_channel: str
    text: str
    """The message, by which an order is known again."""
    retry_key: str
    request_id: str
    phase: str
    error_code: int | None
    delivered: int
    accepted: str
    """LINE's own time, ISO 8601."""


def read_line_books(vendor: Vendor, accounts: Iterable[Account]) -> list[Acceptance]:
    """Return every narrowcast that LINE has accepted of the accounts, in its order."""
    return [
        _read(account.line_channel, narrowcast)
        for account in accounts
        for narrowcast in vendor.control(f"/line/channels/{account.line_channel}/narrowcasts")["narrowcasts"]
    ]


def find_differences(orders: Sequence[Order], ours: Mapping[str, pb.Campaign], line: Sequence[Acceptance]) -> list[str]:
    """Return a sentence for each difference between the books; none means that each order went out as we say.

    An order that SUCCEEDED was delivered once; one that FAILED after LINE accepted it has one failed request; what
    EXPIRED, was CANCELLED or FAILED before that was never accepted; what is UNCERTAIN was accepted at most once, and
    twice only where a person decided to send it again; and LINE has nothing that nobody ordered.

    Args:
        orders: all that were placed.
        ours: their campaigns, keyed by name.
        line: what LINE has accepted of their accounts.

    """
    counted = [acceptance for acceptance in line if acceptance.error_code != _REPEATED]
    texts = {order.text for order in orders}
    strange = [f"LINE accepted {a.request_id}, which nobody ordered" for a in counted if a.text not in texts]
    differences = [
        difference
        for order in orders
        for difference in _compare(order, ours.get(order.name), [a for a in counted if a.text == order.text])
    ]
    return [*differences, *strange]


def _compare(order: Order, campaign: pb.Campaign | None, accepted: Sequence[Acceptance]) -> Iterator[str]:
    if campaign is None:
        yield f"{order.name} is not in our books"
        return
    named = f"{order.name} ({pb.Campaign.State.Name(campaign.state)})"
    is_open = campaign.state == pb.Campaign.UNCERTAIN or campaign.HasField("resolution")
    most = 2 if campaign.resolution.decision == pb.Campaign.Resolution.SEND_AGAIN else 1
    known = int(campaign.HasField("accept_time"))
    delivered = sum(acceptance.phase == "succeeded" for acceptance in accepted)
    if len(accepted) > most:
        yield f"{named} was accepted {len(accepted)} times under {len({a.retry_key for a in accepted})} keys"
    elif is_open:
        return
    elif campaign.state not in FINAL:
        yield f"{named} has not ended"
    elif len(accepted) != known:
        yield f"{named}: we know of {known} acceptances, LINE of {len(accepted)}"
    elif delivered != int(campaign.state == pb.Campaign.SUCCEEDED):
        yield f"{named}: LINE delivered it {delivered} times"


def _read(line_channel: str, narrowcast: Mapping[str, Any]) -> Acceptance:
    return Acceptance(
        line_channel=line_channel,
        text=narrowcast["body"]["messages"][0].get("text", ""),
        retry_key=narrowcast["retry_key"] or "",
        request_id=narrowcast["request_id"],
        phase=narrowcast["phase"],
        error_code=narrowcast["error_code"],
        delivered=narrowcast["delivered_count"],
        accepted=narrowcast["accepted_time"],
    )
