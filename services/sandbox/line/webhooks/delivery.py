"""The background task that sends webhooks: in order per channel, and again when no 2xx came (LP 8.1, 8.5)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import aiohttp
from aiohttp import web

from sandbox.alarm import Alarm, run_in_background
from sandbox.line.model import Channel
from sandbox.line.platform import Line
from sandbox.line.webhooks.events import redeliver, write_body
from sandbox.line.webhooks.outbox import Attempt, Parcel
from sandbox.line.webhooks.signature import make_headers, sign
from sandbox.posting import open_session, post


def deliver_webhooks(line: Line) -> Callable[[web.Application], AsyncIterator[None]]:
    """Return a cleanup context: webhooks are sent from the start of the application until its end."""
    return run_in_background(lambda: Deliverer(line).run())


class Deliverer:
    """Sends what the channels' webhooks hold, one POST at a time per channel."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._alarm = Alarm(line.clock, line.listeners)
        self._busy: set[str] = set()

    async def run(self) -> None:
        """Send until cancelled."""
        with self._alarm.listening():
            async with open_session() as http, asyncio.TaskGroup() as couriers:
                while True:
                    self._alarm.reset()
                    self._send_out(http, couriers)
                    await self._alarm.sleep(self._line.next_due() if self._is_needed() else None)

    def _send_out(self, http: aiohttp.ClientSession, couriers: asyncio.TaskGroup) -> None:
        """Pack what happened in the same breath, and give work to the couriers of idle channels."""
        if self._is_needed():
            self._line.settle()
        most = max(1, int(self._line.settings.webhook_events_at_once))
        for channel in self._line.channels.values():
            channel.webhook.pack(most)
            if channel.webhook.waiting and channel.channel_id not in self._busy:
                self._busy.add(channel.channel_id)
                couriers.create_task(self._empty(http, channel))

    def _is_needed(self) -> bool:
        return any(self._line.sends_webhooks(channel) for channel in self._line.channels.values())

    async def _empty(self, http: aiohttp.ClientSession, channel: Channel) -> None:
        """Send a channel's parcels until none waits."""
        waiting = channel.webhook.waiting
        while waiting:
            if self._line.sends_webhooks(channel):
                await self._deliver(http, channel, waiting[0])
            waiting.popleft()
        self._busy.discard(channel.channel_id)

    async def _deliver(self, http: aiohttp.ClientSession, channel: Channel, parcel: Parcel) -> None:
        webhook, settings = channel.webhook, self._line.settings
        body, url = write_body(channel, parcel.events), webhook.endpoint or ""
        signature = self._sign(channel, body)
        self._start_reply_tokens(channel, parcel)
        headers = make_headers(signature)
        outcome = await post(http, url, body, headers, timeout_seconds=settings.webhook_timeout)
        webhook.record(
            Attempt(parcel.time, parcel.attempt, url, body.decode(), signature, outcome.status, outcome.reason)
        )
        if outcome.reason is not None and webhook.redelivers and parcel.attempt <= settings.webhook_redeliveries:
            again = parcel.time + timedelta(seconds=settings.webhook_redelivery_interval)
            self._line.plan(again, lambda time: self._redeliver(channel, parcel, time))

    def _redeliver(self, channel: Channel, parcel: Parcel, time: datetime) -> None:
        events = tuple(redeliver(event) for event in parcel.events)
        channel.webhook.waiting.append(replace(parcel, time=time, events=events, attempt=parcel.attempt + 1))
        self._alarm.ring()

    def _start_reply_tokens(self, channel: Channel, parcel: Parcel) -> None:
        """Let the minute of the reply tokens begin: the receiver may reply while it answers (LP 8.6)."""
        for event in parcel.events:
            token = channel.webhook.reply_tokens.get(event.reply_token or "")
            if token is not None:
                token.received = self._line.now()
                token.redelivered = parcel.attempt > 1

    def _sign(self, channel: Channel, body: bytes) -> str:
        """Sign with the channel's secret, or with another one where a test asked for it."""
        webhook = channel.webhook
        if webhook.wrong_signatures > 0:
            webhook.wrong_signatures -= 1
            return sign(f"not {channel.secret}", body)
        return sign(channel.secret, body)
