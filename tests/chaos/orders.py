"""Orders on a stage: campaigns made and sent as callers do that know their request ids, and followed to their ends."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import grpc

from outreach.delivery.v1 import campaign_pb2 as pb
from outreach.delivery.v1 import targeting_pb2
from outreach_client.errors import RemoteError
from tests.chaos.stage import Account, Stage, new_request_id
from tests.infrastructure.eventually import eventually

PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
"""What a caller sees of a replica that is killed, stops or stands still; the same request is made again."""

FINAL = frozenset({pb.Campaign.SUCCEEDED, pb.Campaign.FAILED, pb.Campaign.CANCELLED, pb.Campaign.EXPIRED})
"""States that no time and no call changes any more; UNCERTAIN waits for a person."""

_PATIENCE_S = 60.0
_PAUSE_S = 0.2
_CALL_S = 5.0
_PAGE = 1000
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Order:
    """One campaign that was ordered; `text` is its message, which no other order has, so that LINE's books name it."""

    account: Account
    name: str
    text: str


async def place(stage: Stage, account: Account, *, not_after: datetime | None = None, **fields: Any) -> Order:
    """Create a campaign to an account's audience, and order its send.

    Args:
        stage: where.
        account: whose friends get it.
        not_after: the caller's own end, business time.
        fields: further ones of Campaign, as `recipient_limit`.

    Raises:
        RemoteError: it is refused; what passes is tried again for a minute, under the same request id.

    """
    text = new_request_id()
    targeting = targeting_pb2.Targeting(
        contact_lists=[account.contact_list],
        line_audience=targeting_pb2.LineAudience(audience=targeting_pb2.AudienceNode(audience=account.audience)),
    )
    campaign = pb.Campaign(
        display_name="店舗のお知らせ", targeting=targeting, messages=[pb.Message(text=text)], **fields
    )
    creation = pb.CreateCampaignRequest(parent=account.channel, campaign=campaign, request_id=new_request_id())
    created = await insist(lambda: stage.next_campaigns().CreateCampaign(creation, timeout=_CALL_S))
    sending = pb.SendCampaignRequest(name=created.name, request_id=new_request_id())
    if not_after is not None:
        sending.not_after.FromDatetime(not_after)
    await insist(lambda: stage.next_campaigns().SendCampaign(sending, timeout=_CALL_S))
    return Order(account, created.name, text)


async def place_many(stage: Stage, accounts: Sequence[Account], *, each: int) -> list[Order]:
    """Order `each` campaigns for every account, by turns, some at once; return them in no order."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def place_one(account: Account) -> Order:
        async with slots:
            return await place(stage, account)

    return await asyncio.gather(*(place_one(account) for _ in range(each) for account in accounts))


async def cancel(stage: Stage, order: Order) -> Any:
    """Ask to cancel an order, and return the campaign as the answer shows it; RemoteError as in `place`."""
    request = pb.CancelCampaignRequest(name=order.name, request_id=new_request_id())
    return await insist(lambda: stage.next_campaigns().CancelCampaign(request, timeout=_CALL_S))


async def read_campaigns(stage: Stage, accounts: Iterable[Account]) -> dict[str, pb.Campaign]:
    """Return all campaigns of the accounts' channels, keyed by name."""
    found: dict[str, pb.Campaign] = {}
    for account in accounts:
        request = pb.ListCampaignsRequest(parent=account.channel, page_size=_PAGE)
        while True:
            page = await insist(lambda request=request: stage.next_campaigns().ListCampaigns(request, timeout=_CALL_S))  # type: ignore[misc]  # a default binds the loop's value
            found |= {campaign.name: campaign for campaign in page.campaigns}
            if not page.next_page_token:
                break
            request = pb.ListCampaignsRequest(parent=account.channel, page_size=_PAGE, page_token=page.next_page_token)
    return found


async def await_ends(stage: Stage, orders: Sequence[Order], *, deadline: float) -> dict[str, pb.Campaign]:
    """Wait until each order has ended or waits for a person, and return their campaigns, keyed by name.

    Raises:
        AssertionError: some have not within `deadline` seconds; the message holds the last states, counted.

    """
    return await _await_campaigns(stage, orders, lambda c: c.state in FINAL | {pb.Campaign.UNCERTAIN}, deadline)


async def await_acceptances(stage: Stage, orders: Sequence[Order], *, deadline: float) -> dict[str, pb.Campaign]:
    """Wait until LINE has accepted each order, and return their campaigns; raises as `await_ends` does."""
    return await _await_campaigns(stage, orders, lambda c: c.HasField("accept_time"), deadline)


async def insist(call: Callable[[], Awaitable[Any]]) -> Any:
    """Make a call again until there is an answer; RemoteError when it is refused, or nothing has come for a minute."""
    failures: list[RemoteError] = []

    async def attempt() -> list[Any]:
        try:
            return [await call()]
        except RemoteError as error:
            if error.code not in PASSING:
                raise
            failures.append(error)
            return []

    try:
        [answer] = await eventually(attempt, deadline=_PATIENCE_S, pause=_PAUSE_S)
    except AssertionError:
        raise failures[-1] from None
    return answer


async def _await_campaigns(
    stage: Stage, orders: Sequence[Order], holds: Callable[[pb.Campaign], bool], deadline: float
) -> dict[str, pb.Campaign]:
    awaited = {order.name for order in orders}
    accounts = {order.account for order in orders}
    found: dict[str, pb.Campaign] = {}

    async def all_hold() -> bool:
        read = await read_campaigns(stage, accounts)
        found.update((name, campaign) for name, campaign in read.items() if name in awaited)
        return len(found) == len(awaited) and all(holds(campaign) for campaign in found.values())

    try:
        await eventually(all_hold, deadline=deadline, pause=_PAUSE_S)
    except AssertionError:
        raise AssertionError(f"after {deadline:g} s: {_count_states(found.values())}") from None
    return found


def _count_states(campaigns: Iterable[pb.Campaign]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for campaign in campaigns:
        waits = pb.Campaign.Waiting.Reason.Name(campaign.waiting.reason) if campaign.HasField("waiting") else ""
        key = f"{pb.Campaign.State.Name(campaign.state)} {waits}".strip()
        counts[key] = counts.get(key, 0) + 1
    return counts
