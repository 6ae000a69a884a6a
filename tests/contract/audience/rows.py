"""What the shared suite of the audience store puts into it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any

from audience.application.ports import SealedCredentials, Transaction
from audience.domain.audiences import Jobs, Kind, ObservedAudience, Permission, State
from audience.domain.channels import Channel
from audience.domain.contact_lists import ContactList, ListState, Tally
from kit.store.ports import UnitOfWork

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
OVER = timedelta(seconds=-1)
"""A lease that has run out already."""

ACME, BEE = "channels/acme", "channels/bee"
SEALED = SealedCredentials(b"sealed")


class Kept(Enum):
    """What no port reads back, so that it is counted behind them."""

    MEMBERS = auto()
    TOKEN_ISSUES = auto()
    FACTS = auto()


@dataclass(frozen=True, slots=True)
class Store:
    """One of both stores, and how much it keeps of something."""

    uow: UnitOfWork[Transaction]
    count: Callable[[Kept], Awaitable[int]]


def make_channel(name: str = ACME, line_channel_id: str = "1", **changes: Any) -> Channel:
    """Make a channel, but for the changes."""
    channel = Channel(
        name=name,
        display_name="Acme",
        line_channel_id=line_channel_id,
        bot_user_id="U1",
        line_basic_id="@acme",
        hubspot_line_id_property="line_user_id",
        time_zone="Asia/Tokyo",
        area_prefix="jp",
        order_lifetime=timedelta(hours=2),
        create_time=NOW,
        update_time=NOW,
    )
    return replace(channel, **changes)


def make_observed(audience_id: int, **changes: Any) -> ObservedAudience:
    """Make what LINE said of an audience, but for the changes."""
    observed = ObservedAudience(
        audience_id=audience_id,
        display_name=f"audience {audience_id}",
        kind=Kind.CLICK,
        state=State.READY,
        line_count=123,
        permission=Permission.READ,
        create_route="OA_MANAGER",
        ifa=False,
        owned=True,
        create_time=NOW - MINUTE,
        expire_time=None,
        jobs=Jobs(unfinished=False, observe_time=NOW - SECOND),
        observe_time=NOW,
    )
    return replace(observed, **changes)


def make_list(number: int = 7, channel: str = ACME, **changes: Any) -> ContactList:
    """Make a list that waits to be read for the first time, but for the changes."""
    name = f"{channel}/contactLists/{number}"
    bound = ContactList(name, "list", str(number), ListState.SYNCING, None, Tally(), 2, None, NOW, NOW)
    return replace(bound, **changes)


async def add_channels(uow: UnitOfWork[Transaction], *channels: Channel) -> None:
    """Store channels."""
    async with uow() as tx:
        for channel in channels:
            await tx.channels.add(channel, SEALED)


async def add_lists(uow: UnitOfWork[Transaction], *lists: ContactList) -> None:
    """Store lists."""
    async with uow() as tx:
        for bound in lists:
            await tx.contact_lists.add(bound)
