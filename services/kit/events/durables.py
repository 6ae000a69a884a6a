"""JetStream's durables, which keep the positions of our consumers: made, made anew, and cut back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from nats.aio.client import Client

from kit.events.errors import BusRefusal, BusUnavailable
from kit.events.jetstream import Document, ask, find, nanoseconds
from kit.events.subjects import EVERYTHING, Subscription, lacking, unite

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DurableState:
    """What a durable is now: its subjects, events to come, and events in the hands of replicas or waiting again."""

    subjects: tuple[str, ...]
    pending_count: int
    unanswered_count: int


@dataclass(frozen=True, slots=True)
class DurablePlace:
    """Where a durable stands in its stream.

    Attributes:
        incarnation: when NATS made the stream, as NATS writes it: another one means another stream.
        first_sequence: the oldest event that the stream still has; after the last one when it has none.
        handled_sequence: the event up to which all were handled, of those that the durable delivers.

    """

    incarnation: str
    first_sequence: int
    handled_sequence: int


async def ensure_durable(client: Client, subscription: Subscription, *, ack_wait: timedelta) -> None:
    """Make the durable of a subscription, or make it anew where it lacks a subject.

    JetStream lets a durable's subjects grow, but it goes on from its position and never delivers what the stream holds
    of a new subject. So the durable is made anew from the stream's beginning, and the inbox skips what was handled. It
    keeps the subjects that it has, which replicas of another release may need, and an operator's settings.

    Raises:
        BusUnavailable: NATS gives no answer, there is no stream, or another replica was quicker: try again.
        BusRefusal: NATS says no.

    """
    info = await _find(client, subscription)
    if info is None:
        await _create(client, subscription, _first_config(subscription, ack_wait))
        return
    have = _subjects(info["config"])
    missing = lacking(have, subscription.subjects)
    if missing:
        _log.warning("consumer_made_anew", consumer=subscription.consumer, missing=missing)
        await ask(client, f"CONSUMER.DELETE.{_path(subscription)}")
        await _create(client, subscription, _from_the_beginning(info["config"], unite(have, subscription.subjects)))


async def read_durable(client: Client, subscription: Subscription) -> DurableState | None:
    """Return what the durable of a subscription is now, or None when there is none.

    Raises:
        BusUnavailable, BusRefusal: NATS gives no answer, or says no.

    """
    info = await _find(client, subscription)
    if info is None:
        return None
    return DurableState(tuple(_subjects(info["config"])), info["num_pending"], info["num_ack_pending"])


async def read_place(client: Client, subscription: Subscription) -> DurablePlace | None:
    """Return where the durable of a subscription stands, or None when there is none, or no stream.

    Raises:
        BusUnavailable, BusRefusal: NATS gives no answer, or says no.

    """
    # In this order: what is handled in between must not look like a loss.
    stream = await find(client, f"STREAM.INFO.{subscription.stream}")
    durable = await _find(client, subscription)
    if stream is None or durable is None:
        return None
    return DurablePlace(stream["created"], stream["state"]["first_seq"], durable["ack_floor"]["stream_seq"])


async def shrink_durable(client: Client, subscription: Subscription) -> None:
    """Leave the durable with the subscription's own subjects; its position stays, and so nothing is read anew.

    Raises:
        BusUnavailable: NATS gives no answer, or there is no durable.
        BusRefusal: NATS says no.

    """
    info = await ask(client, f"CONSUMER.INFO.{_path(subscription)}")
    config = _without_subjects(info["config"]) | {"filter_subjects": list(subscription.subjects)}
    await _put(client, subscription, config, "update")


async def _find(client: Client, subscription: Subscription) -> Document | None:
    return await find(client, f"CONSUMER.INFO.{_path(subscription)}")


async def _create(client: Client, subscription: Subscription, config: Document) -> None:
    try:
        await _put(client, subscription, config, "create")
    except BusRefusal:
        if await _find(client, subscription) is None:
            raise
        raise BusUnavailable("Another replica has made the consumer.") from None


async def _put(client: Client, subscription: Subscription, config: Document, action: str) -> None:
    body = {"stream_name": subscription.stream, "config": config, "action": action}
    await ask(client, f"CONSUMER.CREATE.{_path(subscription)}", body)


def _first_config(subscription: Subscription, ack_wait: timedelta) -> Document:
    return {
        "name": subscription.consumer,
        "durable_name": subscription.consumer,
        "deliver_policy": "all",
        "ack_policy": "explicit",
        "ack_wait": nanoseconds(ack_wait.total_seconds()),
        # Without end: giving up is the consumer's decision, and it keeps what it gives up.
        "max_deliver": -1,
        "filter_subjects": list(subscription.subjects),
    }


def _from_the_beginning(config: Document, subjects: Iterable[str]) -> Document:
    kept = {key: value for key, value in _without_subjects(config).items() if not key.startswith("opt_start_")}
    return kept | {"deliver_policy": "all", "filter_subjects": list(subjects)}


def _subjects(config: Document) -> list[str]:
    """Return what a durable delivers; JetStream has a field for one subject and one for several."""
    return config.get("filter_subjects") or [config.get("filter_subject") or EVERYTHING]


def _without_subjects(config: Document) -> Document:
    return {key: value for key, value in config.items() if key not in ("filter_subject", "filter_subjects")}


def _path(subscription: Subscription) -> str:
    return f"{subscription.stream}.{subscription.consumer}"
