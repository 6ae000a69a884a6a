"""The audience service as an issuer of tokens, `token-1`, `token-2` and so on."""

import asyncio
from collections import deque
from datetime import timedelta

from delivery.adapters.line_tokens import LineToken
from kit.errors import ServiceError
from tests.fakes.clock import FakeClock

LIFETIME = timedelta(minutes=15)


class FakeIssuer:
    """Issues a new token each time; `gate` is cleared to make it wait, and channels in `hanging` wait for ever."""

    def __init__(self, clock: FakeClock) -> None:
        self.issued: list[str] = []
        self.hanging: set[str] = set()
        self.gate = asyncio.Event()
        self.gate.set()
        self._clock = clock
        self._failures: deque[ServiceError] = deque()

    def fail_next(self, *errors: ServiceError) -> None:
        """Let the next issues raise these errors, one each."""
        self._failures += errors

    async def issue(self, channel: str) -> LineToken:
        """See `TokenIssuer`."""
        self.issued.append(channel)
        await self.gate.wait()
        if channel in self.hanging:
            await asyncio.Event().wait()
        if self._failures:
            raise self._failures.popleft()
        return LineToken(f"token-{len(self.issued)}", self._clock.now() + LIFETIME)
