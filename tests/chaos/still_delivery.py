"""A process of the delivery service that stands still (SIGSTOP) once, at a chosen moment of a call to LINE.

    python still_delivery.py MOMENT

MOMENT is `token`: while the call's token is on its way; or `call`: the attempt is written down, and no byte has left.
"""

import asyncio
import os
import signal
import sys
from functools import partial
from uuid import UUID

from delivery.application.line_port import LineCall, LineMessages, ProgressReport, SendOutcome
from delivery.bootstrap import DELIVERY, open_service
from delivery.config import Settings
from delivery.domain.content.inspection import MessageViolation
from delivery.domain.policy.clearance import Cleared
from delivery.domain.sending.quota import Allowance
from kit import service
from kit.rpc.run import run_service

MOMENTS = ("token", "call")


class StillLine:
    """`LineMessages` of another one, before which the process stands still."""

    def __init__(self, line: LineMessages, *, moment: str) -> None:
        self._line = line
        self._moment: str | None = moment

    async def open_call(self, channel: str) -> LineCall:
        """See the port."""
        opening = asyncio.ensure_future(self._line.open_call(channel))
        await asyncio.sleep(0)  # the request for the token leaves, if there is to be one
        self.stand_still("token")
        return StillCall(self, await opening)

    async def get_progress(self, channel: str, request_id: str) -> ProgressReport | None:
        """See the port."""
        return await self._line.get_progress(channel, request_id)

    async def validate(self, channel: str, messages: bytes) -> tuple[MessageViolation, ...]:
        """See the port."""
        return await self._line.validate(channel, messages)

    async def get_quota(self, channel: str) -> Allowance | None:
        """See the port."""
        return await self._line.get_quota(channel)

    def stand_still(self, moment: str) -> None:
        """Stop the process if this is its moment, once."""
        if moment == self._moment:
            self._moment = None
            os.kill(os.getpid(), signal.SIGSTOP)


class StillCall:
    """`LineCall` of another one, before which the process stands still."""

    def __init__(self, line: StillLine, call: LineCall) -> None:
        self._line = line
        self._call = call

    async def send_narrowcast(self, cleared: Cleared, *, retry_key: UUID) -> SendOutcome:
        """See the port."""
        self._line.stand_still("call")
        return await self._call.send_narrowcast(cleared, retry_key=retry_key)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Do as the service does."""
    wrap = partial(StillLine, moment=sys.argv[1])
    await service.serve(DELIVERY, settings, stop, partial(open_service, wrap=wrap))


if __name__ == "__main__":
    run_service("delivery", Settings, serve)
