"""Measures what a sick Official Account costs the others, and how many calls of LINE an order takes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles

from outreach.delivery.v1 import campaign_pb2 as pb
from tests.chaos.books import Acceptance, read_line_books
from tests.chaos.draining import drain
from tests.chaos.orders import await_acceptances, await_ends, place_many
from tests.chaos.stage import Account, Stage
from tests.chaos.vendor import NARROWCAST, PROGRESS, Vendor

LARGEST_RATIO = 1.5
LARGEST_CALLS = 1.1

_HEALTHY = 6
_EACH = 3
_SICK_ORDERS = 40
_PATIENCE_S = 300.0
_SLOW_S = 8.0
_MINUTE = timedelta(minutes=1)

Illness = Callable[[Vendor, str], None]
"""Makes one OA ill: takes the vendor's side and LINE's id of the channel."""

ILLNESSES: dict[str, Illness] = {
    "its narrowcasts hang": lambda vendor, channel: vendor.hang(path=NARROWCAST, line_channel=channel),
    "its narrowcasts are slow": lambda vendor, channel: vendor.slow_down(
        _SLOW_S, path=NARROWCAST, line_channel=channel
    ),
    "its progress hangs": lambda vendor, channel: vendor.hang(path=PROGRESS, line_channel=channel),
}


@dataclass(frozen=True, slots=True)
class Waits:
    """From an order to its acceptance by LINE, in seconds, over the orders of healthy accounts."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What the orders of one channel cost."""

    orders: int
    accepted: int
    calls: int
    """Narrowcasts that LINE was asked for, whatever it answered."""

    @property
    def per_order(self) -> float:
        """Calls for each order that LINE accepted."""
        return self.calls / max(1, self.accepted)


async def measure_waits(stage: Stage, *, rounds: int) -> dict[str, Waits]:
    """Return the waits without a sick account, as `alone`, and beside each illness; medians of alternating rounds."""
    await _run_healthy(stage, await stage.add_accounts(_HEALTHY))  # what is slow for the first time only
    seen: dict[str, list[Waits]] = {}
    for _ in range(rounds):
        healthy = await stage.add_accounts(_HEALTHY)  # whose buckets are full
        seen.setdefault("alone", []).append(await _run_healthy(stage, healthy))
        for name, illness in ILLNESSES.items():
            [sick] = await stage.add_accounts(1)
            with _sick(stage.vendor, sick, illness):
                burden = await place_many(stage, [sick], each=_SICK_ORDERS)
                seen.setdefault(name, []).append(await _run_healthy(stage, healthy))
            await await_ends(stage, burden, deadline=_PATIENCE_S)
    return {
        name: Waits(median(waits.p50 for waits in found), median(waits.p95 for waits in found))
        for name, found in seen.items()
    }


async def measure_cost(stage: Stage, *, capacity: int, orders: int) -> Cost:
    """Return what `orders` of one channel cost when LINE's bucket holds `capacity`; business time moves by minutes."""
    stage.vendor.switch(hourly_bucket_capacity=capacity)
    [account] = await stage.add_accounts(1, order_lifetime=timedelta(days=7))
    stage.vendor.forget_calls()
    placed = await place_many(stage, [account], each=orders)
    accepted = await drain(stage, account, awaited=orders, step=_MINUTE, most=2 * orders)
    calls = stage.vendor.count_calls(path=NARROWCAST, line_channel=account.line_channel)
    return Cost(len(placed), accepted, calls)


async def _run_healthy(stage: Stage, accounts: Sequence[Account]) -> Waits:
    orders = await place_many(stage, accounts, each=_EACH)
    campaigns = await await_acceptances(stage, orders, deadline=_PATIENCE_S)
    accepted = {acceptance.text: acceptance for acceptance in read_line_books(stage.vendor, accounts)}
    waits = [_wait(campaigns[order.name], accepted[order.text]) for order in orders]
    return Waits(median(waits), quantiles(waits, n=20)[-1])


def _wait(campaign: pb.Campaign, acceptance: Acceptance) -> float:
    ordered = campaign.order_time.ToDatetime(tzinfo=UTC)
    return (datetime.fromisoformat(acceptance.accepted) - ordered).total_seconds()


@contextmanager
def _sick(vendor: Vendor, account: Account, illness: Illness) -> Iterator[None]:
    illness(vendor, account.line_channel)
    try:
        yield
    finally:
        vendor.heal()
