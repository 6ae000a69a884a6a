"""The operator's command for consumers, as a process of its own."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from kit.events.bus import NatsBus
from kit.events.durables import ensure_durable, read_durable
from kit.events.streams import NatsStream
from tests.fakes.events import READER, make_event
from tests.integration.kit_events.commands import run_command

run = partial(run_command, "kit.events.subscriptions")

WIDER = replace(READER, subjects=(*READER.subjects, "test.library.v1.*.shelf.*"))


@pytest.fixture
async def durable(bus: NatsBus, library: NatsStream) -> None:
    """Give a durable of a release that needed more, with an event to come."""
    await ensure_durable(bus.client, WIDER, ack_wait=timedelta(seconds=30))
    await library.publish(make_event())


@pytest.mark.usefixtures("durable")
async def test_list(environment: dict[str, str], bus: NatsBus) -> None:
    """A list tells what a consumer's durable delivers and what this release needs, and changes nothing."""
    status, output = await run(environment)

    assert status == 0
    delivered, needed = " ".join(WIDER.subjects), " ".join(READER.subjects)
    assert output == f"reader\tlibrary\t1\t0\tdelivers {delivered}\tneeds {needed}\n"
    state = await read_durable(bus.client, READER)
    assert state is not None
    assert state.subjects == WIDER.subjects


@pytest.mark.usefixtures("durable")
async def test_shrink(environment: dict[str, str], bus: NatsBus) -> None:
    """Shrinking leaves what this release needs."""
    status, output = await run(environment, "--shrink")

    assert status == 0
    assert output == f"reader\tlibrary\t1\t0\tdelivers {' '.join(READER.subjects)}\n"
    state = await read_durable(bus.client, READER)
    assert state is not None
    assert state.subjects == READER.subjects


@pytest.mark.usefixtures("library")
async def test_consumer_that_never_ran(environment: dict[str, str]) -> None:
    """A consumer without a durable is told as such, and can't be shrunk."""
    listed = await run(environment)
    shrunk = await run(environment, "--shrink")

    assert listed == (0, "reader\tlibrary\tnot made yet\n")
    assert shrunk == (1, "")


async def test_bad_settings(environment: dict[str, str]) -> None:
    """The command stops at bad settings like the service itself."""
    environment["OUTREACH_NATS_URL"] = "nowhere"

    status, _ = await run(environment)

    assert status == 78
