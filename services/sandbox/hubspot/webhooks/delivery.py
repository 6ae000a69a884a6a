"""The background task that sends HubSpot's webhooks (HS 8)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import aiohttp
from aiohttp import web

from sandbox.alarm import Alarm, run_in_background
from sandbox.hubspot.state import HubSpot
from sandbox.hubspot.times import to_milliseconds
from sandbox.hubspot.webhooks.outbox import Batch
from sandbox.hubspot.webhooks.signatures import sign_post
from sandbox.hubspot.webhooks.subscriptions import Attempt
from sandbox.posting import open_session, post

_CONTENT_TYPE = {"Content-Type": "application/json"}


def deliver_webhooks(hubspot: HubSpot) -> Callable[[web.Application], AsyncIterator[None]]:
    """Return a cleanup context: webhooks are sent from the start of the application until its end."""
    return run_in_background(lambda: _Deliverer(hubspot).run())


class _Deliverer:
    """Sends batches that are due, to each app as many at a time as it allows; a failed one comes again."""

    def __init__(self, hubspot: HubSpot) -> None:
        self._hubspot = hubspot
        self._outbox = hubspot.outbox
        self._alarm = Alarm(hubspot.clock, hubspot.outbox.listeners)
        self._running: Counter[int] = Counter()
        self._held: list[Batch] = []

    async def run(self) -> None:
        """Send until cancelled."""
        with self._alarm.listening():
            async with open_session() as http, asyncio.TaskGroup() as couriers:
                while True:
                    self._alarm.reset()
                    self._send_out(http, couriers)
                    await self._alarm.sleep(self._outbox.next_due)

    def _send_out(self, http: aiohttp.ClientSession, couriers: asyncio.TaskGroup) -> None:
        now = self._hubspot.now()
        self._outbox.pack(now)
        while (batch := self._outbox.take_due(now)) is not None:
            self._held.append(batch)
        waiting, self._held = self._held, []
        for batch in waiting:
            if self._running[batch.app.app_id] >= batch.app.max_concurrent_requests:
                self._held.append(batch)
                continue
            self._running[batch.app.app_id] += 1
            couriers.create_task(self._deliver(http, batch))

    async def _deliver(self, http: aiohttp.ClientSession, batch: Batch) -> None:
        app, settings, now = batch.app, self._hubspot.settings, self._hubspot.now()
        body, url = batch.write(), app.target_url or ""
        with_v3 = settings.private_webhooks_carry_v3 or not app.is_private
        headers = sign_post(app.client_secret, url, body, to_milliseconds(now), with_v3=with_v3)
        outcome = await post(http, url, body, headers | _CONTENT_TYPE, timeout_seconds=settings.webhook_timeout_seconds)
        app.attempts.append(Attempt(now, batch.attempt, url, headers, body.decode(), outcome.status, outcome.reason))
        self._running[app.app_id] -= 1
        if outcome.reason is not None:
            self._outbox.retry(batch, now, timedelta(seconds=settings.webhook_retry_seconds))
        self._alarm.ring()
