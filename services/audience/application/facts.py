"""What delivery's policy needs: facts of a channel, its audiences and lists, each with its age (architecture 4)."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from audience.application.catalog_reader import FRESHNESS, CatalogReader
from audience.application.channels import require_channel
from audience.application.keyring import Keyring
from audience.application.ports import LineAccounts, Reach, Transaction
from audience.domain.audiences import Audience
from audience.domain.channels import Channel
from audience.domain.contact_lists import ContactList
from audience.domain.errors import Refused, VendorUnavailable
from kit.clock import Clock
from kit.store.ports import UnitOfWork

JAPAN = ZoneInfo("Asia/Tokyo")
"""All days in LINE's statistics are Japanese (LP 0.3)."""

REACH_RETRY = timedelta(minutes=15)
"""How long LINE is left alone after it was asked for the target reach; it allows 60 calls an hour (LP 1.6)."""

REACH_DAYS = 3
"""How many days back LINE is asked: a day's figure takes about a day to be ready (LP 6.4)."""


@dataclass(frozen=True, slots=True)
class TargetingFacts:
    """Facts of what a targeting names; what does not exist is absent.

    Of `unknown_audiences`, by name, it is not known whether LINE has them.
    """

    channel: Channel
    reach: Reach
    audiences: tuple[Audience, ...]
    unknown_audiences: tuple[str, ...]
    contact_lists: tuple[ContactList, ...]


class Facts:
    """Gathers facts, fresh where LINE can be asked."""

    def __init__(
        self,
        *,
        uow: UnitOfWork[Transaction],
        line: LineAccounts,
        keyring: Keyring,
        catalog: CatalogReader,
        clock: Clock,
    ) -> None:
        self._uow = uow
        self._line = line
        self._keyring = keyring
        self._catalog = catalog
        self._clock = clock
        self._turns: dict[str, asyncio.Lock] = {}

    async def gather(self, channel: str, audiences: Sequence[str], contact_lists: Sequence[str]) -> TargetingFacts:
        """Return the facts of a channel and of those of the audiences and lists named that exist.

        When LINE can't be asked, the facts are as old as their observation times say. An audience that the catalog
        lacks does not exist only where the catalog was read whole just now.

        Raises:
            ChannelNotFound: there is no such channel.

        """
        async with self._uow.read() as tx:
            await require_channel(tx, channel)
        entries = await self._catalog.freshen(channel, audiences)
        reach = await self.refresh_reach(channel)
        async with self._uow.read() as tx:
            known = await require_channel(tx, channel)
            bound = await tx.contact_lists.find(contact_lists)
        absent = set(audiences) - {entry.name for entry in entries}
        is_complete = known.catalog.is_complete(self._clock.now(), fresh=FRESHNESS)
        return TargetingFacts(
            channel=known,
            reach=reach,
            audiences=tuple(entries),
            unknown_audiences=() if is_complete else tuple(sorted(absent)),
            contact_lists=tuple(bound),
        )

    async def refresh_reach(self, channel: str) -> Reach:
        """Return the target reach, asking LINE when a newer day may be ready and it was not asked just now.

        Those who want to know at the same time wait for one answer; other replicas go on with what is known.
        """
        async with self._turns.setdefault(channel, asyncio.Lock()):
            now = self._clock.now()
            async with self._uow.read() as tx:
                known = await tx.channels.find_reach(channel)
            if not _is_due(known, now) or not await self._begin_asking(channel, now):
                return known
            reach = await self._ask_reach(channel, known, now)
            if reach is None:
                return known
            async with self._uow() as tx:
                await tx.channels.save_reach(channel, reach)
            return reach

    async def _begin_asking(self, channel: str, now: datetime) -> bool:
        """Note the attempt before it is made, whatever comes of it; False when somebody else makes it."""
        async with self._uow() as tx:
            await tx.channels.lock(channel)
            known = await tx.channels.find_reach(channel)
            if not _is_due(known, now):
                return False
            await tx.channels.save_reach(channel, Reach(known.reach, known.day, now))
        return True

    async def _ask_reach(self, channel: str, known: Reach, now: datetime) -> Reach | None:
        with suppress(Refused, VendorUnavailable):
            async with self._keyring.line(channel) as token:
                for day in _days_to_ask(known, now):
                    count = await self._line.count_reach(token, day)
                    if count is not None:
                        return Reach(count, day, now)
        return None


def _is_due(known: Reach, now: datetime) -> bool:
    newest = _yesterday(now)
    asked_lately = known.attempt_time is not None and now < known.attempt_time + REACH_RETRY
    return not asked_lately and (known.day is None or known.day < newest)


def _days_to_ask(known: Reach, now: datetime) -> list[date]:
    newest = _yesterday(now)
    days = [newest - timedelta(days=back) for back in range(REACH_DAYS)]
    return [day for day in days if known.day is None or day > known.day]


def _yesterday(now: datetime) -> date:
    return now.astimezone(JAPAN).date() - timedelta(days=1)
