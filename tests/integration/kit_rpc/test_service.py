"""Tests of what every service is put together from."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import nats

from deploy.local.ports import ReservedPort
from kit import retention
from kit.config import BaseSettings
from kit.events.envelope import Event
from kit.events.outbox import Outbox
from kit.events.streams import EventStream
from kit.rpc.server import Api
from kit.service import Definition, Service, keep_house, open_ground, serve, work_side_by_side
from kit.store.uow import transaction
from outreach_client.channel import open_channel
from tests.fakes.issuer import Trusted
from tests.infrastructure.eventually import eventually
from tests.integration.kit_rpc.echo import ACCESS, INTERNAL, PUBLIC, EchoServicer, EchoStub, message
from tests.integration.kit_store.databases import MIGRATIONS

ECHO = Definition(
    name="echo",
    migrations=MIGRATIONS,
    stream=EventStream(name="echo", subjects=("outreach.echo.v1.>",)),
    retention=retention.RULES,
)


async def test_service(settings: BaseSettings, issuer: Trusted, database_url: str, nats_url: str) -> None:
    """A service makes its tables, takes steps side by side, publishes its outbox and answers, until it is stopped."""
    steps: list[str] = []

    @asynccontextmanager
    async def open_echo(settings: BaseSettings) -> AsyncIterator[Service]:
        async with open_ground(ECHO, settings) as ground:
            async with transaction(ground.database.writer) as connection:
                await Outbox(connection).add(make_event())

            async def step() -> bool:
                task = asyncio.current_task()
                steps.append("" if task is None else task.get_name())
                return False

            own = work_side_by_side("echoing", step, count=2, idle=timedelta(hours=1))
            api = Api(
                service="echo", public=[PUBLIC], internal=[INTERNAL], access=ACCESS, register=EchoServicer().register
            )
            yield Service(api, [*keep_house(ECHO, ground), *own])

    stop = asyncio.Event()
    with ReservedPort() as port:
        described = replace(settings, listen=port.address, database_url=database_url, nats_url=nats_url)
        serving = asyncio.create_task(serve(ECHO, described, stop, open_echo))
        try:
            async with open_channel(port.address, token=issuer.token(scope="echo.read", channels="*")) as channel:
                answer = await EchoStub(channel).GetEcho(
                    message("GetEchoRequest", name="channels/acme"), wait_for_ready=True, timeout=20
                )
            count = await eventually(lambda: count_events(nats_url))
        finally:
            stop.set()
            await asyncio.wait([serving])

    assert answer.text == "GetEchoRequest"
    assert count == 1
    assert sorted(steps) == ["echoing-0", "echoing-1"]
    assert serving.exception() is None


def make_event() -> Event:
    """Return an event of the service."""
    return Event(
        id=str(uuid4()),
        source="outreach.echo",
        type="kit.test.v1.Echoed",
        subject="outreach.echo.v1.acme.echo.heard",
        resource="channels/acme",
        time=datetime(2026, 5, 1, tzinfo=UTC),
        body=b"{}",
    )


async def count_events(nats_url: str) -> int:
    """Return how many events the service's stream holds; 0 as long as there is none."""
    connection = await nats.connect(nats_url)
    try:
        streams = await connection.jetstream().streams_info()
        return sum(stream.state.messages for stream in streams if stream.config.name == "echo")
    finally:
        await connection.close()
