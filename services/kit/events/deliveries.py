"""Hands the messages that were pulled from NATS to a consumer, and answers NATS for each."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Coroutine, Sequence
from contextlib import suppress

import nats.errors
import structlog
from nats.aio.msg import Msg

from kit.events.consumer import Consumer
from kit.events.envelope import RESOURCE_HEADER, from_headers
from kit.events.errors import MalformedEvent

_log = structlog.get_logger(__name__)


async def deliver_all(consumer: Consumer, messages: Sequence[Msg]) -> None:
    """Deliver a batch: each resource's events one after another, the resources side by side."""
    chains: dict[str, list[Msg]] = defaultdict(list)
    for message in messages:
        chains[(message.headers or {}).get(RESOURCE_HEADER, "")].append(message)
    async with asyncio.TaskGroup() as group:
        for chain in chains.values():
            group.create_task(_deliver_chain(consumer, chain))


async def _deliver_chain(consumer: Consumer, chain: Sequence[Msg]) -> None:
    waiting = deque(chain)
    try:
        while waiting:
            await _deliver(consumer, waiting[0])
            waiting.popleft()
    finally:
        # Only a cancelled chain has any left: another replica gets them at once instead of after `ack_wait`.
        for message in waiting:
            await _answer(message.nak())


async def _deliver(consumer: Consumer, message: Msg) -> None:
    try:
        event = from_headers(message.subject, message.headers or {}, message.data)
    except MalformedEvent as error:
        # Not from one of our outboxes. It stays readable in the stream under this sequence until it ages out.
        sequence = message.metadata.sequence.stream
        _log.error("malformed_event_skipped", consumer=consumer.name, sequence=sequence, problem=str(error))
        await _answer(message.term())
        return
    wait = await consumer.deliver(event, message.metadata.num_delivered)
    await _answer(message.ack() if wait is None else message.nak(delay=wait.total_seconds()))


async def _answer(answer: Coroutine[None, None, None]) -> None:
    """Send an answer; one that is lost makes NATS deliver again, which the inbox recognises."""
    with suppress(nats.errors.Error, OSError):
        await answer
