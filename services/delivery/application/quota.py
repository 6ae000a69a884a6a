"""What LINE says of a month's messages: published once a day for callers, asked anew for the dispatcher (R14, V7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from delivery.application.line_port import LineMessages
from delivery.application.ports import Transaction
from delivery.domain.sending.quota import Allowance, Usage
from kit.clock import Clock
from kit.store.ports import UnitOfWork

OLDEST_SIZE = timedelta(minutes=5)
"""How old a plan's size may be where callers see what follows from it: whoever enlarges it sees that soon (V7)."""

MOST_SIZES = 10_000
"""Accounts whose plan's size a process remembers; of more, it forgets the one that it heard of first."""


@dataclass(frozen=True, slots=True)
class _Size:
    """A plan's size, None for no limit, and when LINE told it."""

    message_count: int | None
    time: datetime


class QuotaBook:
    """Tells how many messages Official Accounts may send and have sent; every method raises as `get_quota` does."""

    def __init__(
        self, *, uow: UnitOfWork[Transaction], line: LineMessages, clock: Clock, most_sizes: int = MOST_SIZES
    ) -> None:
        self._uow = uow
        self._line = line
        self._clock = clock
        self._most_sizes = most_sizes
        self._sizes: dict[str, _Size] = {}

    async def open_day(self, channel: str, account: str) -> int | None:
        """See to it that an account's usage of today is published, and return its plan's size; None = no limit."""
        now = self._clock.now()
        known = self._sizes.get(account)
        is_fresh = known is not None and now - known.time <= OLDEST_SIZE
        if known is not None and is_fresh and (known.message_count is None or await self._is_published(account, now)):
            return known.message_count
        quota = await self.look(channel, account)
        return None if quota is None else quota.size

    async def look(self, channel: str, account: str) -> Allowance | None:
        """Ask LINE how an account's month is now; the first answer of a day in Japan is the day's published usage."""
        asked = self._clock.now()
        quota = await self._line.get_quota(channel)
        self._remember(account, _Size(None if quota is None else quota.size, asked))
        if quota is not None and not await self._is_published(account, asked):
            async with self._uow() as tx:
                await tx.quota.publish(Usage(account, quota.used, asked))
        return quota

    async def _is_published(self, account: str, at: datetime) -> bool:
        async with self._uow.read() as tx:
            usage = await tx.quota.find_usage(account)
        return usage is not None and usage.is_current(at)

    def _remember(self, account: str, size: _Size) -> None:
        self._sizes.pop(account, None)
        self._sizes[account] = size
        if len(self._sizes) > self._most_sizes:
            del self._sizes[next(iter(self._sizes))]
