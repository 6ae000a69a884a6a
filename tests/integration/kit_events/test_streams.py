"""Tests of a service's stream on a real NATS server: what is ours of its settings, and what is the operator's."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import nats
import pytest
import structlog
from nats.js import JetStreamContext

from kit.events.bus import NatsBus
from kit.events.errors import BusRefusal, BusUnavailable
from kit.events.jetstream import ask
from kit.events.streams import EventStream, NatsStream
from tests.fakes.events import make_event
from tests.integration.kit_events.reading import LIBRARY, count_stored, declared

WIDER = replace(LIBRARY, subjects=("test.library.v1.>", "test.library.v2.>"))


@pytest.fixture
async def operator(nats_url: str) -> AsyncIterator[JetStreamContext]:
    """Give an operator's own connection."""
    async with await nats.connect(nats_url) as client:
        yield client.jetstream()


async def read_config(bus: NatsBus) -> dict[str, Any]:
    """Return all settings of the stream as the server tells them."""
    config: dict[str, Any] = (await ask(bus.client, "STREAM.INFO.library"))["config"]
    return config


async def change(bus: NatsBus, **settings: Any) -> dict[str, Any]:
    """Change settings of the stream as an operator does; return all of them."""
    await ask(bus.client, "STREAM.UPDATE.library", await read_config(bus) | settings)
    return await read_config(bus)


async def test_new_stream_has_its_settings(bus: NatsBus) -> None:
    """A stream that did not exist begins as the service describes it."""
    await declared(bus, replace(LIBRARY, max_age=timedelta(days=1), duplicate_window=timedelta(minutes=3)))

    config = await read_config(bus)
    assert (config["subjects"], config["storage"], config["retention"]) == (["test.library.v1.>"], "file", "limits")
    assert (config["max_age"], config["duplicate_window"]) == (86_400 * 10**9, 180 * 10**9)


async def test_state_of_a_stream(library: NatsStream) -> None:
    """A declaration tells which stream it is and how far it has come, and repeats change nothing."""
    first = await library.declare()
    await library.publish(make_event())
    second = await library.declare()

    assert (first.incarnation, first.last_sequence) == (second.incarnation, 0)
    assert second.last_sequence == 1
    assert abs(second.create_time - datetime.now(UTC)) < timedelta(minutes=1)


async def test_stream_that_was_removed_comes_back_as_another(library: NatsStream, operator: JetStreamContext) -> None:
    """A stream made anew under the same name is told from the one that it replaces."""
    before = await library.declare()
    await library.publish(make_event())
    await operator.delete_stream("library")
    with pytest.raises(BusUnavailable):
        await library.publish(make_event())

    after = await library.declare()

    assert after.incarnation != before.incarnation
    assert after.last_sequence == 0
    assert (await library.publish(make_event())).sequence == 1


@pytest.mark.parametrize("settings", [{"max_bytes": 10**8}, {"max_age": 10**15}, {"allow_msg_ttl": True}], ids=str)
@pytest.mark.parametrize("stream", [LIBRARY, WIDER], ids=["same subjects", "further subjects"])
async def test_operators_settings_stay(
    bus: NatsBus, library: NatsStream, settings: dict[str, Any], stream: EventStream
) -> None:
    """A start changes nothing but subjects, whatever an operator has changed, and keeps what is stored."""
    await library.publish(make_event())
    changed = await change(bus, **settings)

    await declared(bus, stream)

    now = await read_config(bus)
    metadata = {"metadata": now["metadata"]}  # the server's own notes
    assert now == changed | {"subjects": sorted(stream.subjects)} | metadata
    assert (await library.declare()).last_sequence == 1


async def test_older_release_takes_no_subject_away(bus: NatsBus) -> None:
    """While replicas of two releases run, the stream stores what both publish."""
    wider, older = await declared(bus, WIDER), await declared(bus)

    await older.publish(make_event())
    await wider.publish(make_event(subject="test.library.v2.a.book.lent"))

    assert (await read_config(bus))["subjects"] == list(WIDER.subjects)


@pytest.mark.usefixtures("library")
async def test_wider_subjects_of_an_operator_stay(bus: NatsBus) -> None:
    """A stream that stores our subjects and more is left alone."""
    await change(bus, subjects=["test.library.>"])

    await declared(bus, WIDER)

    assert (await read_config(bus))["subjects"] == ["test.library.>"]


@pytest.mark.usefixtures("library")
async def test_refused_update_is_an_error_and_publication_goes_on(
    bus: NatsBus, operator: JetStreamContext, nats_url: str
) -> None:
    """A stream that can't be widened is told loudly, once in a while, and stores what it stored before."""
    await operator.add_stream(name="squatter", subjects=["test.library.v2.>"])
    wider = bus.stream(WIDER)

    with structlog.testing.capture_logs() as logs:
        await wider.declare()
        await wider.declare()
    await wider.publish(make_event())

    (refusal,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert refusal["event"] == "stream_update_refused"
    assert refusal["missing"] == ["test.library.v2.>"]
    assert "overlap" in refusal["reason"]
    assert await count_stored(nats_url) == 1


async def test_refused_creation_tells_why(bus: NatsBus, operator: JetStreamContext) -> None:
    """Where NATS will not make the stream, the refusal carries its reason."""
    await operator.add_stream(name="squatter", subjects=["test.library.v1.>"])

    with pytest.raises(BusRefusal, match="overlap"):
        await bus.stream(LIBRARY).declare()


async def test_event_that_another_stream_would_store_is_not_published(bus: NatsBus, operator: JetStreamContext) -> None:
    """A confirmation of a stream that is not ours is none."""
    await operator.add_stream(name="squatter", subjects=["test.library.v1.>"])

    with pytest.raises(BusUnavailable):
        await bus.stream(LIBRARY).publish(make_event())


async def test_publication_without_a_stream_is_unavailability(library: NatsStream) -> None:
    """An event that nobody stores counts as not published."""
    with pytest.raises(BusUnavailable):
        await library.publish(make_event(subject="nobody.stores.this"))
