"""Calls end in time, and tell so."""

import asyncio
from typing import Any

import grpc
import pytest

from kit.deadlines import time_left
from kit.rpc.interceptors.deadlines import DEFAULT_TIME
from outreach_client.errors import RemoteError
from tests.infrastructure.eventually import eventually
from tests.integration.kit_rpc.conftest import Served
from tests.integration.kit_rpc.echo import EchoStub, message, read_until_failure

GET = message("GetEchoRequest", name="channels/acme/echoes/one")


async def _never(_request: Any) -> Any:
    await asyncio.Event().wait()


async def _never_streaming(_request: Any) -> Any:
    yield message("Echo", text="first")
    await asyncio.Event().wait()


async def test_expiry(served: Served, stub: EchoStub) -> None:
    """A call that takes too long gets our typed answer, just before the caller would have given up by itself."""
    served.servicer.answer = _never

    with pytest.raises(RemoteError) as caught:
        await stub.GetEcho(GET, timeout=0.3)

    assert (caught.value.code, caught.value.domain) == (grpc.StatusCode.DEADLINE_EXCEEDED, "echo.outreach")


async def test_hopeless_call(served: Served, plain_channel: grpc.aio.Channel) -> None:
    """A call whose time is too short for any answer is not begun."""
    metadata = [("authorization", f"Bearer {served.issuer.token()}")]

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await EchoStub(plain_channel).GetEcho(GET, timeout=0.001, metadata=metadata)

    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert served.servicer.requests == []


async def test_stream_expiry(served: Served, stub: EchoStub) -> None:
    """A stream ends at its deadline, after what it had to say until then."""
    served.servicer.stream = _never_streaming
    seen, error = await read_until_failure(stub.CountEchoes(GET, timeout=0.3))

    assert seen == ["first"]
    assert error is not None
    assert error.reason == "DEADLINE_EXCEEDED"


async def test_time_left(served: Served, stub: EchoStub, plain_channel: grpc.aio.Channel) -> None:
    """A handler knows how long it has: what its caller waits less our answer, a default, or no end for a watch."""
    seen: list[float | None] = []

    async def answer(_request: Any) -> Any:
        seen.append(time_left())
        return message("Echo")

    async def stream(_request: Any) -> Any:
        seen.append(time_left())
        yield message("Echo")

    served.servicer.answer, served.servicer.stream = answer, stream
    metadata = [("authorization", f"Bearer {served.issuer.token()}")]
    await stub.GetEcho(GET, timeout=5)
    await EchoStub(plain_channel).GetEcho(GET, metadata=metadata)
    [_ async for _ in EchoStub(plain_channel).WatchEcho(GET, metadata=metadata)]

    assert seen[0] is not None
    assert 4 < seen[0] < 4.99
    assert seen[1] is not None
    assert DEFAULT_TIME.total_seconds() - 1 < seen[1] <= DEFAULT_TIME.total_seconds()
    assert seen[2] is None


async def test_abandoned_call(served: Served, stub: EchoStub) -> None:
    """A handler whose caller went away is cancelled."""
    cancelled = asyncio.Event()

    async def answer(_request: Any) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    served.servicer.answer = answer
    call = asyncio.ensure_future(stub.GetEcho(GET))
    await eventually(lambda: served.servicer.requests)
    call.cancel()

    async with asyncio.timeout(5):
        await cancelled.wait()


async def test_abandoned_stream(served: Served, stub: EchoStub) -> None:
    """A stream whose reader went away is closed, its handler's cleanup run."""
    closed = asyncio.Event()

    async def stream(_request: Any) -> Any:
        try:
            yield message("Echo")
            await asyncio.Event().wait()
        finally:
            closed.set()

    served.servicer.stream = stream
    call = stub.WatchEcho(GET)
    await anext(aiter(call))
    call.cancel()

    async with asyncio.timeout(5):
        await closed.wait()


async def test_drain(served: Served, stub: EchoStub) -> None:
    """A server that drains finishes what is under way, ends watches with UNAVAILABLE, and takes no new calls."""
    finish = asyncio.Event()

    async def answer(_request: Any) -> Any:
        await finish.wait()
        return message("Echo", text="finished")

    served.servicer.answer, served.servicer.stream = answer, _never_streaming
    unary = asyncio.ensure_future(stub.GetEcho(GET))
    watch = aiter(stub.WatchEcho(GET))
    await anext(watch)
    await eventually(lambda: len(served.servicer.requests) == 2)
    draining = asyncio.create_task(served.server.drain(20))
    with pytest.raises(RemoteError) as ended:
        await anext(watch)
    with pytest.raises(RemoteError) as refused:
        await stub.ListEchoes(message("ListEchoesRequest"))
    finish.set()

    assert (await unary).text == "finished"
    assert (ended.value.reason, ended.value.domain) == ("UNAVAILABLE", "echo.outreach")
    assert ended.value.retry_after is not None
    assert refused.value.code is grpc.StatusCode.UNAVAILABLE
    await draining


async def test_drain_grace(served: Served, stub: EchoStub) -> None:
    """What does not finish within the grace period is cut off."""
    served.servicer.answer = _never
    call = asyncio.ensure_future(stub.GetEcho(GET))
    await eventually(lambda: served.servicer.requests)
    async with asyncio.timeout(5):
        await served.server.drain(0.1)

    with pytest.raises(RemoteError) as caught:
        await call

    assert caught.value.code is grpc.StatusCode.UNAVAILABLE
