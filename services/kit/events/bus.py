"""The event bus: NATS JetStream through nats-py."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import nats.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError

from kit.events.consumer import Consumer
from kit.events.deliveries import deliver_all
from kit.events.envelope import Event, to_headers
from kit.events.errors import BusUnavailable

# A client that lost its server asks again this often, for ever.
RECONNECT_WAIT_S = 1
REQUEST_TIMEOUT_S = 2.0
# How long one pull waits at the server; also the longest wait for the first event after a reconnect.
PULL_TIMEOUT_S = 3.0
RETRY_WAIT_S = 0.5

# JetStream error code: the stream exists with another configuration.
_CANCEL_S = 0.1
_STREAM_NAME_IN_USE = 10058

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStream:
    """One service's stream.

    Attributes:
        name: the service's name.
        subjects: what it stores, as `outreach.audience.v1.>`.
        max_age: how long an event can be read; consumers that were away longer reconcile (architecture 8).
        duplicate_window: how long a repeated id is recognised. Longer than a relay's lease, since the next relay
            repeats what a dead one left unmarked.
        replica_count: copies in a NATS cluster.

    """

    name: str
    subjects: tuple[str, ...]
    max_age: timedelta = timedelta(days=7)
    duplicate_window: timedelta = timedelta(minutes=2)
    replica_count: int = 1


class NatsBus:
    """`Publisher` and source of deliveries over one connection, which comes back for ever.

    Entered as a context, which doesn't wait for NATS: a service starts and answers while NATS is away. Safe for
    concurrent use within one event loop.
    """

    def __init__(self, url: str, *, name: str) -> None:
        """Describe the bus; `name` is shown in NATS's monitoring."""
        self._url = url
        self._name = name
        self._client = Client()
        self._online = asyncio.Event()
        self._connection: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._connection = asyncio.create_task(self._stay_connected())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._connection is not None:
            # nats-py swallows a cancellation that comes while it connects, so one may not be enough.
            while not self._connection.done():
                self._connection.cancel()
                await asyncio.wait([self._connection], timeout=_CANCEL_S)

    @property
    def connected(self) -> bool:
        """Whether NATS can be reached now; for readiness."""
        return self._online.is_set()

    async def publish(self, event: Event) -> None:
        """Return once JetStream has stored `event`; a repeat within the stream's duplicate window is stored once.

        Raises:
            BusUnavailable: it may or may not be stored.

        """
        # Without a connection the client would keep the message and send it late, after the caller gave up.
        if not self.connected:
            raise BusUnavailable("NATS can't be reached.")
        try:
            await self._jetstream.publish(event.subject, event.body, headers=to_headers(event))
        except (nats.errors.Error, OSError) as error:
            raise BusUnavailable("NATS did not confirm the event.") from error

    async def ensure_stream(self, stream: EventStream) -> None:
        """Create the stream or bring it up to this configuration; waits until NATS can be reached."""
        config = StreamConfig(
            name=stream.name,
            subjects=list(stream.subjects),
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            max_age=stream.max_age.total_seconds(),
            duplicate_window=stream.duplicate_window.total_seconds(),
            num_replicas=stream.replica_count,
        )
        while True:
            await self._online.wait()
            try:
                await self._declare(config)
            except (nats.errors.Error, OSError) as error:
                _log.warning("stream_awaited", stream=stream.name, reason=type(error).__name__)
                await asyncio.sleep(RETRY_WAIT_S)
            else:
                return

    async def _declare(self, config: StreamConfig) -> None:
        try:
            await self._jetstream.add_stream(config)
        except BadRequestError as error:
            if error.err_code != _STREAM_NAME_IN_USE:
                raise
            await self._jetstream.update_stream(config)

    async def consume(
        self,
        stream: str,
        consumer: Consumer,
        *,
        subjects: Sequence[str],
        batch: int = 64,
        ack_wait: timedelta = timedelta(seconds=30),
    ) -> None:
        """Deliver events of `subjects` to `consumer` until cancelled; replicas with the same consumer share the work.

        Events of one resource are delivered one after another, those of several resources at once. Waits until NATS
        can be reached and the stream exists, and begins with the oldest event that the stream still has.

        Args:
            stream: name of the producing service's stream.
            consumer: its name is the durable's.
            subjects: what to deliver, as `outreach.audience.v1.*.audience.*`.
            batch: most events in hand.
            ack_wait: after this long without an answer JetStream delivers to another replica.

        """
        config = ConsumerConfig(
            durable_name=consumer.name,
            filter_subjects=list(subjects),
            ack_wait=ack_wait.total_seconds(),
            # Without end: giving up is the consumer's decision, and it keeps what it gives up.
            max_deliver=-1,
        )
        while True:
            await self._online.wait()
            try:
                await self._jetstream.add_consumer(stream, config)
                await self._pull(stream, consumer, batch)
            except (nats.errors.Error, OSError) as error:
                _log.warning("consumer_awaits_bus", consumer=consumer.name, reason=type(error).__name__)
                await asyncio.sleep(RETRY_WAIT_S)

    async def _pull(self, stream: str, consumer: Consumer, batch: int) -> None:
        subscription = await self._jetstream.pull_subscribe_bind(stream=stream, consumer=consumer.name)
        try:
            while True:
                # Nothing came; the client raises its own kind of timeout or the plain one.
                with suppress(TimeoutError):
                    messages = await subscription.fetch(batch, timeout=PULL_TIMEOUT_S)
                    await deliver_all(consumer, messages)
        finally:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()

    @property
    def _jetstream(self) -> JetStreamContext:
        return self._client.jetstream(timeout=REQUEST_TIMEOUT_S)

    async def _stay_connected(self) -> None:
        """Keep a client; it reconnects by itself, save after what it takes for final, such as a refused login."""
        while True:
            self._client = Client()
            try:
                await self._connect_and_wait(self._client)
            except (nats.errors.Error, OSError) as error:
                await _report(error)
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
            self._online.set()
            _log.info("nats_reconnected")

        async def on_closed() -> None:
            closed.set()

        await client.connect(
            self._url,
            name=self._name,
            error_cb=_report,
            disconnected_cb=on_disconnected,
            reconnected_cb=on_reconnected,
            closed_cb=on_closed,
            reconnect_time_wait=RECONNECT_WAIT_S,
            max_reconnect_attempts=-1,
        )
        self._online.set()
        _log.info("nats_connected")
        await closed.wait()


async def _report(error: Exception) -> None:
    _log.warning("nats_error", reason=type(error).__name__)
