"""One connection to NATS through nats-py, which comes back for ever."""

import asyncio
from typing import Self

import nats.errors
import structlog
from nats.aio.client import Client

from kit.events.errors import BusUnavailable

# A client that lost its server asks again this often, for ever.
RECONNECT_WAIT_S = 1

# Of a long outage the log tells after so many tries, which is once a minute.
TRIES_PER_LINE = 60

_CANCEL_S = 0.1

_log = structlog.get_logger(__name__)


class NatsConnection:
    """A connection, entered as a context that doesn't wait for NATS: a service starts and answers while NATS is away.

    Safe for concurrent use within one event loop.
    """

    def __init__(self, url: str, *, name: str) -> None:
        """Describe the connection; `name` is shown in NATS's monitoring."""
        self._url = url
        self._name = name
        self._client = Client()
        self._online = asyncio.Event()
        self._session = 0
        self._failure_count = 0
        self._connecting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._connecting = asyncio.create_task(self._stay_connected())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._connecting is not None:
            # nats-py swallows a cancellation that comes while it connects, so one may not be enough.
            while not self._connecting.done():
                self._connecting.cancel()
                await asyncio.wait([self._connecting], timeout=_CANCEL_S)

    @property
    def client(self) -> Client:
        """nats-py's client; another one after a failure that it takes for final."""
        return self._client

    @property
    def connected(self) -> bool:
        """Whether NATS can be reached now; for readiness."""
        return self._online.is_set()

    @property
    def session(self) -> int:
        """Counts the times that NATS was reached: what was known of it before may be true no longer."""
        return self._session

    def require(self) -> None:
        """Raise `BusUnavailable` unless NATS can be reached now."""
        if not self.connected:
            raise BusUnavailable("NATS can't be reached.")

    async def wait(self) -> None:
        """Return when NATS can be reached."""
        await self._online.wait()

    async def _stay_connected(self) -> None:
        """Keep a client; it reconnects by itself, save after what it takes for final, such as a refused login."""
        while True:
            self._client = Client()
            try:
                await self._connect_and_wait(self._client)
            except (nats.errors.Error, OSError) as error:
                await self._report(error)
            finally:
                self._online.clear()
                await self._client.close()
            await asyncio.sleep(RECONNECT_WAIT_S)

    async def _connect_and_wait(self, client: Client) -> None:
        closed = asyncio.Event()

        async def on_disconnected() -> None:
            self._online.clear()
            _log.warning("nats_disconnected")

        async def on_reconnected() -> None:
            self._reached()
            _log.info("nats_reconnected")

        async def on_closed() -> None:
            closed.set()

        await client.connect(
            self._url,
            name=self._name,
            error_cb=self._report,
            disconnected_cb=on_disconnected,
            reconnected_cb=on_reconnected,
            closed_cb=on_closed,
            reconnect_time_wait=RECONNECT_WAIT_S,
            max_reconnect_attempts=-1,
        )
        self._reached()
        _log.info("nats_connected")
        await closed.wait()

    def _reached(self) -> None:
        self._session += 1
        self._failure_count = 0
        self._online.set()

    async def _report(self, error: Exception) -> None:
        """Tell of an error; of one outage after 1, 2, 4, … tries, and at least once a minute."""
        reason = type(error).__name__
        if self.connected:
            _log.warning("nats_error", reason=reason)
            return
        self._failure_count += 1
        count = self._failure_count
        if count & (count - 1) == 0 or count % TRIES_PER_LINE == 0:
            _log.warning("nats_awaited", reason=reason, failure_count=count)
