"""Ends calls in time, so that the caller gets our answer instead of its own timeout (ST 2.6)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from kit.deadlines import set_time_left
from kit.errors import DeadlineExceeded, Unavailable

DEFAULT_TIME = timedelta(seconds=30)

# What it takes to write an answer and carry it back: boulder's servers keep as much (grpc/interceptors.go).
_ANSWER_S = 0.02

_RECONNECT = timedelta(seconds=1)


class Deadlines:
    """Gives every call an end; calls that would never end do so when the replica goes."""

    def __init__(self, default: timedelta = DEFAULT_TIME) -> None:
        self._default_s = default.total_seconds()
        self._endless: set[asyncio.Timeout] = set()
        self._draining = False

    @asynccontextmanager
    async def limit(self, remaining: float | None, *, endless: bool) -> AsyncIterator[None]:
        """Run the block for as long as the caller waits: `remaining` seconds, or the default where it names none.

        Raises:
            DeadlineExceeded: the time is up, or was before the block.
            Unavailable: an endless call has to turn to another replica.

        """
        if endless and self._draining:
            raise _gone()
        budget = self._budget(remaining, endless=endless)
        if budget is not None and budget <= 0:
            raise DeadlineExceeded
        set_time_left(budget)
        scope = asyncio.timeout(budget)
        try:
            async with scope:
                if endless:
                    self._endless.add(scope)
                yield
        except TimeoutError:
            if endless and self._draining:
                raise _gone() from None
            raise DeadlineExceeded from None
        finally:
            self._endless.discard(scope)

    def _budget(self, remaining: float | None, *, endless: bool) -> float | None:
        if remaining is None:
            return None if endless else self._default_s
        return remaining - _ANSWER_S

    def drain(self) -> None:
        """End all endless calls now, and let no further one begin."""
        self._draining = True
        now = asyncio.get_running_loop().time()
        for scope in self._endless:
            if not scope.expired():
                scope.reschedule(now)


def _gone() -> Unavailable:
    return Unavailable("this replica", retry_after=_RECONNECT)
