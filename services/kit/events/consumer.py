"""What a consumer does with one delivery: handle it, ask for it again later, or bury it."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog
from opentelemetry import trace

from kit.events.envelope import Event
from kit.events.errors import BusUnavailable, PermanentFailure
from kit.events.metrics import ConsumerMetrics
from kit.events.ports import Handler
from kit.events.subjects import Subscription
from kit.events.tracing import producer_context
from kit.store.errors import StoreError

_log = structlog.get_logger(__name__)


# During a roll-out a durable may deliver what only replicas of another release handle: it is given back this often,
# which takes some 14 minutes, before it is taken for nobody's.
FOREIGN_ATTEMPTS = 20
_FOREIGN = "NOT_SUBSCRIBED"


class Cemetery(Protocol):
    """Where events go that could not be handled."""

    async def bury(self, consumer: str, event: Event, *, reason: str, attempt_count: int) -> None:
        """Keep the event for an operator; burying it again only renews the reason."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How patient a consumer is with an event that fails.

    Attributes:
        max_attempts: deliveries after which a failing event is buried. Failures that say nothing about the event
            (`outages`) never bury it, however often it was delivered by then.
        first_delay: wait before the second delivery; each further one doubles it.
        max_delay: longest wait.
        outages: exceptions that say nothing about the event, such as an unreachable database.

    """

    max_attempts: int = 8
    first_delay: timedelta = timedelta(milliseconds=500)
    max_delay: timedelta = timedelta(seconds=60)
    outages: tuple[type[Exception], ...] = (StoreError, BusUnavailable)

    def delay(self, attempt: int) -> timedelta:
        """Return the wait after delivery number `attempt`, from 1, without jitter."""
        doubled: timedelta = self.first_delay * 2 ** min(attempt - 1, 16)
        return min(doubled, self.max_delay)


class Consumer:
    """One durable consumer of a service: its subscription, its handler, its patience.

    `handle_time` caps one call of the handler; it stays under the bus's patience for an answer (`kit.events.bus`).
    """

    def __init__(
        self,
        subscription: Subscription,
        handle: Handler,
        dead_letters: Cemetery,
        *,
        retry: RetryPolicy | None = None,
        handle_time: timedelta = timedelta(seconds=20),
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.subscription = subscription
        self.name = subscription.consumer
        self._handle = handle
        self._dead_letters = dead_letters
        self._retry = retry or RetryPolicy()
        self._handle_time = handle_time
        self._jitter = jitter
        self._metrics = ConsumerMetrics(subscription.consumer)

    async def deliver(self, event: Event, attempt: int) -> timedelta | None:
        """Handle delivery number `attempt`, from 1; return None when that settles it, else the wait for the next.

        Never raises but for cancellation.
        """
        tracer = trace.get_tracer(__name__)
        span = tracer.start_as_current_span(
            f"{self.name} process", context=producer_context(event), kind=trace.SpanKind.CONSUMER
        )
        with span:
            return await self._settle(event, attempt)

    async def _settle(self, event: Event, attempt: int) -> timedelta | None:
        if not self.subscription.wants(event.subject):
            return await self._pass_on(event, attempt)
        try:
            async with asyncio.timeout(self._handle_time.total_seconds()):
                await self._handle(event)
        except PermanentFailure as error:
            return await self._bury(event, attempt, error.reason)
        except self._retry.outages as error:
            return self._retry_later(event, attempt, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - whatever went wrong must not stop the events behind it
            if attempt < self._retry.max_attempts:
                return self._retry_later(event, attempt, type(error).__name__)
            _log.exception("event_failed_for_good", **self._about(event, attempt))
            return await self._bury(event, attempt, type(error).__name__)
        self._metrics.count("handled")
        return None

    async def _pass_on(self, event: Event, attempt: int) -> timedelta | None:
        """Leave the event to a replica that subscribes to it; noting it as handled would hide it from that one."""
        if attempt < FOREIGN_ATTEMPTS:
            return self._retry_later(event, attempt, _FOREIGN)
        return await self._bury(event, attempt, _FOREIGN)

    async def _bury(self, event: Event, attempt: int, reason: str) -> timedelta | None:
        try:
            await self._dead_letters.bury(self.name, event, reason=reason, attempt_count=attempt)
        except Exception as error:  # noqa: BLE001 - an event that can't be buried stays on the bus
            return self._retry_later(event, attempt, type(error).__name__)
        self._metrics.count("buried")
        _log.error("event_buried", reason=reason, **self._about(event, attempt))
        return None

    def _retry_later(self, event: Event, attempt: int, reason: str) -> timedelta:
        self._metrics.count("retried")
        _log.warning("event_retried_later", reason=reason, **self._about(event, attempt))
        return self._retry.delay(attempt) * (0.5 + self._jitter() / 2)

    def _about(self, event: Event, attempt: int) -> dict[str, object]:
        return {"consumer": self.name, "event_id": event.id, "event_type": event.type, "attempt": attempt}
