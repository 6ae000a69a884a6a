"""The event bus of a service: its stream, and the events that it reads, over one connection to NATS JetStream."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import nats.errors
import structlog

from kit.events.connection import NatsConnection
from kit.events.consumer import Consumer
from kit.events.deliveries import deliver_all
from kit.events.durables import ensure_durable
from kit.events.errors import REFUSAL_PAUSE, BusRefusal, BusUnavailable
from kit.events.jetstream import REQUEST_TIMEOUT_S
from kit.events.readback import NatsReadback
from kit.events.streams import EventStream, NatsStream

# How long one pull waits at the server; also the longest wait for the first event after a reconnect.
PULL_TIMEOUT_S = 3.0
RETRY_WAIT_S = 0.5

CHECK_INTERVAL = timedelta(minutes=1)

_log = structlog.get_logger(__name__)


class NatsBus(NatsConnection):
    """A connection with what is done over it."""

    def stream(self, stream: EventStream) -> NatsStream:
        """Return the publisher to a stream."""
        return NatsStream(self, stream)

    def readback(self, stream: EventStream) -> NatsReadback:
        """Return the reader of what a stream holds."""
        return NatsReadback(self, stream.name)

    async def consume(
        self,
        consumer: Consumer,
        *,
        batch: int = 64,
        ack_wait: timedelta = timedelta(seconds=30),
        check_interval: timedelta = CHECK_INTERVAL,
    ) -> None:
        """Deliver events to `consumer` until cancelled; replicas with the same consumer share the work.

        Events of one resource are delivered one after another, those of several resources at once. Waits until NATS
        can be reached and the stream exists, and begins with the oldest event that the stream still has. A durable
        that is gone, with its stream or without, is made again.

        Args:
            consumer: what handles the events of its subscription.
            batch: most events in hand.
            ack_wait: after this long without an answer JetStream delivers to another replica; for a new durable.
            check_interval: how long the durable may lack a subject that an operator, or a replica of another release,
                took away.

        """
        while True:
            await self.wait()
            try:
                await ensure_durable(self.client, consumer.subscription, ack_wait=ack_wait)
                await self._pull(consumer, batch, check_interval)
            except BusRefusal as refusal:
                _log.error("consumer_refused", consumer=consumer.name, reason=refusal.reason, code=refusal.code)
                await asyncio.sleep(REFUSAL_PAUSE.total_seconds())
            except (BusUnavailable, nats.errors.Error, OSError) as error:
                _log.warning("consumer_awaits_bus", consumer=consumer.name, reason=type(error).__name__)
                await asyncio.sleep(RETRY_WAIT_S)

    async def _pull(self, consumer: Consumer, batch: int, span: timedelta) -> None:
        """Pull and deliver for as long as `span`; raises what nats-py raises."""
        jetstream = self.client.jetstream(timeout=REQUEST_TIMEOUT_S)
        subscription = await jetstream.pull_subscribe_bind(stream=consumer.subscription.stream, consumer=consumer.name)
        loop = asyncio.get_running_loop()
        end = loop.time() + span.total_seconds()
        try:
            while loop.time() < end:
                # Nothing came; the client raises its own kind of timeout or the plain one.
                with suppress(TimeoutError):
                    messages = await subscription.fetch(batch, timeout=PULL_TIMEOUT_S)
                    await deliver_all(consumer, messages)
        finally:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()
