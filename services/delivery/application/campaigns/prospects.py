"""What an order would meet: looked up for a check, held for an order that is being made (R11, R14)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from delivery.application.ports import Transaction
from delivery.domain.policy.prospects import Prospects
from delivery.domain.sending.lanes import Endpoint, Lane
from delivery.domain.sending.quota import Balance
from delivery.domain.sending.values import Deadline
from kit.errors import Unavailable

QUOTA_PAUSE = timedelta(seconds=30)
"""After which the month's messages may be known that are not known now (ours)."""


@dataclass(frozen=True, slots=True)
class Stake:
    """What an order asks of its channel and its account, by published figures.

    Attributes:
        campaign: `channels/{channel}/campaigns/{campaign}`.
        account: The Official Account.
        needed_count: Messages of the month that must be left for it; None when nothing bounds them.
        plan_size: Messages of the month that the plan allows; None for no limit.

    """

    campaign: str
    account: str
    needed_count: int | None
    plan_size: int | None

    @property
    def channel(self) -> str:
        """`channels/{channel}`."""
        return self.campaign.partition("/campaigns/")[0]


async def look_ahead(tx: Transaction, stake: Stake, deadline: Deadline, *, at: datetime) -> Prospects:
    """Return what an order would meet now; raises `Unavailable` when no usage of today is published."""
    balance = None
    if stake.plan_size is not None:
        balance = await tx.quota.find(stake.account, apart_from=stake.campaign)
    lane = await tx.lanes.find(stake.channel, Endpoint.NARROWCAST, at=at)
    return await _describe(tx, stake, deadline, balance, lane, at=at)


async def hold_stake(tx: Transaction, stake: Stake, *, at: datetime) -> None:
    """Let nobody else take of the account's messages or join the channel's queue until the transaction ends.

    The account comes first, as its port says.
    """
    if stake.plan_size is not None:
        await tx.quota.hold(stake.account, apart_from=stake.campaign)
    await tx.lanes.hold(stake.channel, Endpoint.NARROWCAST, at=at)


async def _describe(
    tx: Transaction, stake: Stake, deadline: Deadline, balance: Balance | None, lane: Lane, *, at: datetime
) -> Prospects:
    position = await tx.ledger.count_waiting(stake.channel)
    return Prospects(
        at=at,
        needed_count=stake.needed_count,
        left_count=_count_left(stake, balance, at=at),
        turn_time=lane.opens(at, position=position),
        is_rate_limited=lane.gate.opens(at, position=position) > at,
        last_start=deadline.last_start,
    )


def _count_left(stake: Stake, balance: Balance | None, *, at: datetime) -> int | None:
    if stake.plan_size is None:
        return None
    if balance is None or not balance.usage.is_current(at):
        raise Unavailable("line", retry_after=QUOTA_PAUSE)
    return balance.count_left(stake.plan_size)
