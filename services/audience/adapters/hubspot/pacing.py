"""How fast one HubSpot account may be called: pacing below its limits, so that 429 stays rare (HS 10.5)."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from audience.application.hubspot_port import HubSpotCredentials
from audience.domain.errors import DailyLimitReached, HubSpotRateLimited

_ACCOUNTS_KEPT = 1_000  # beyond, accounts that were not called lately are forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceSettings:
    """Limits to stay below; the defaults are the smallest of HS 4.1.

    Attributes:
        requests: Requests per window and app, until the rate headers tell the account's own figure.
        window_seconds: Length of that window.
        searches: Searches per second and account; search answers carry no rate headers.
        unused_share: Part of every limit that is left to the customer's other apps, 0 to below 1.
        day_pause_seconds: How long to keep away once the day's budget is down to the unused share.

    """

    requests: int = 100
    window_seconds: float = 10.0
    searches: int = 5
    unused_share: float = 0.1
    day_pause_seconds: float = 900.0


class Pacer:
    """A token bucket that never lets more than the usable part of `limit` through in any `window_seconds`.

    The bucket holds a tenth of the usable part and refills with the rest, so that a burst plus what flows in during
    a rolling window stays within the limit. Callers reserve in order and wait outside.
    """

    def __init__(self, limit: int, window_seconds: float, *, unused_share: float) -> None:
        self._window_seconds = window_seconds
        self._unused_share = unused_share
        self._full_at = 0.0  # when the bucket will be full again, on the caller's clock
        self._interval = 0.0
        self._depth = 1
        self.set_limit(limit)

    def set_limit(self, limit: int) -> None:
        """Pace for another limit from now on."""
        usable = max(1, int(limit * (1 - self._unused_share)))
        self._depth = max(1, usable // 10)
        self._interval = self._window_seconds / max(1, usable - self._depth)

    def reserve(self, now: float) -> float:
        """Take one token; return how many seconds to wait before using it."""
        wait = max(0.0, self._full_at - now - (self._depth - 1) * self._interval)
        self._full_at = max(self._full_at, now) + self._interval
        return wait

    def hold(self, now: float, seconds: float) -> None:
        """Let nothing more through for `seconds`."""
        self._full_at = max(self._full_at, now + seconds + (self._depth - 1) * self._interval)

    def is_full(self, now: float) -> bool:
        """Whether the bucket has nothing to remember."""
        return self._full_at <= now


class _AccountPace:
    """The two buckets of one account and what is known of its day."""

    def __init__(self, settings: PaceSettings) -> None:
        share = settings.unused_share
        self.requests = Pacer(settings.requests, settings.window_seconds, unused_share=share)
        self.searches = Pacer(settings.searches, 1.0, unused_share=share)
        self.day_closed_until = 0.0

    def is_idle(self, now: float) -> bool:
        return self.requests.is_full(now) and self.searches.is_full(now) and self.day_closed_until <= now


class Throttle:
    """Paces every account by itself. State is this process's own: replicas share only what 429 tells them.

    `monotonic` and `sleep` are machine time, replaced by tests.
    """

    def __init__(
        self,
        settings: PaceSettings | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings or PaceSettings()
        self._monotonic = monotonic
        self._sleep = sleep
        self._accounts: dict[HubSpotCredentials, _AccountPace] = {}

    async def admit(self, credentials: HubSpotCredentials, *, search: bool) -> None:
        """Wait until the next request may go out.

        Raises:
            DailyLimitReached: the account's day is down to the share left to others.

        """
        account, now = self._account(credentials), self._monotonic()
        if account.day_closed_until > now:
            raise DailyLimitReached(retry_after=timedelta(seconds=account.day_closed_until - now))
        wait = (account.searches if search else account.requests).reserve(now)
        if wait > 0:
            await self._sleep(wait)

    def learn(self, credentials: HubSpotCredentials, headers: Mapping[str, str]) -> None:
        """Adapt to the rate headers of an answer (HS 4.2); each of them may be absent."""
        account = self._account(credentials)
        limit = _count(headers, "X-HubSpot-RateLimit-Max")
        window = _count(headers, "X-HubSpot-RateLimit-Interval-Milliseconds")
        if limit and window == int(self._settings.window_seconds * 1000):
            account.requests.set_limit(limit)
        day, left = _count(headers, "X-HubSpot-RateLimit-Daily"), _count(headers, "X-HubSpot-RateLimit-Daily-Remaining")
        if day and left is not None and left <= day * self._settings.unused_share:
            self.close_day(credentials)

    def hold(self, credentials: HubSpotCredentials, throttled: HubSpotRateLimited, *, search: bool) -> None:
        """Keep all calls of the account back after a 429, not only the refused one."""
        account = self._account(credentials)
        if throttled.retry_after is not None:
            pacer = account.searches if search else account.requests
            pacer.hold(self._monotonic(), throttled.retry_after.total_seconds())

    def close_day(self, credentials: HubSpotCredentials) -> None:
        """Refuse calls of the account for a while: its midnight is not known here."""
        self._account(credentials).day_closed_until = self._monotonic() + self._settings.day_pause_seconds

    def _account(self, credentials: HubSpotCredentials) -> _AccountPace:
        account = self._accounts.get(credentials)
        if account is None:
            self._forget_idle()
            account = self._accounts[credentials] = _AccountPace(self._settings)
        return account

    def _forget_idle(self) -> None:
        if len(self._accounts) >= _ACCOUNTS_KEPT:
            now = self._monotonic()
            self._accounts = {known: pace for known, pace in self._accounts.items() if not pace.is_idle(now)}


def _count(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "")
    return int(value) if re.fullmatch(r"[0-9]{1,12}", value) else None
