"""A service's process: how it starts, what it logs, and how it ends."""

import json
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from kit.config import BaseSettings
from tests.integration.kit_rpc.processes import await_line, started

Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start(settings: BaseSettings) -> AsyncIterator[Start]:
    """Give what starts the process with a worker; settings can be overridden by name."""
    async with AsyncExitStack() as processes:

        async def spawn(worker: str = "idle", **changes: str) -> Process:
            return await processes.enter_async_context(started("echo_process", worker, settings=settings, **changes))

        yield spawn


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_orderly_end(start: Start, number: signal.Signals) -> None:
    """SIGTERM and SIGINT drain the server, let workers tidy up, and end with 0."""
    process = await start("tidy")
    await await_line(process, "rpc_server_listens")
    process.send_signal(number)
    output, _ = await process.communicate()

    events = [json.loads(line)["event"] for line in output.splitlines()]
    assert process.returncode == 0
    assert "tidied_up" in events
    assert "rpc_server_drained" in events


@pytest.mark.parametrize("worker", ["crash", "return"])
async def test_lost_worker(start: Start, worker: str) -> None:
    """A worker that ends takes the process with it, so that somebody notices; and its words stay out of the log."""
    process = await start(worker)
    output, errors = await process.communicate()

    assert process.returncode == 1
    assert b"service_failed" in output
    assert b"Taro" not in output + errors


async def test_bad_settings(start: Start) -> None:
    """Bad settings stop the start, all named, none shown."""
    process = await start(LISTEN="0.0.0.0:0", JWKS="/nowhere", ROLES="serve,sleep", SHUTDOWN_GRACE="-1")
    _, errors = await process.communicate()

    text = errors.decode()
    assert process.returncode == 78
    assert all(f"OUTREACH_{name}" in text for name in ("JWKS", "ROLES", "SHUTDOWN_GRACE"))
    assert "/nowhere" not in text


async def test_exposure(start: Start) -> None:
    """Without TLS a service does not start on an address that others can reach."""
    process = await start(LISTEN="0.0.0.0:0")
    _, errors = await process.communicate()

    assert process.returncode == 78
    assert b"OUTREACH_LISTEN" in errors


async def test_log(start: Start) -> None:
    """Every line is JSON, ours and libraries'; LINE user ids and exceptions' messages are in none."""
    process = await start("talk")
    lines = [
        await await_line(process, "spoke"),
        await await_line(process, "saw [withheld]"),
        await await_line(process, "ours_failed"),
        await await_line(process, "library_failed"),
    ]

    assert lines[0]["about"] == {"id": "[withheld]"}
    assert lines[1]["logger"] == "library"
    assert [line["exceptions"][0]["type"] for line in lines[2:]] == ["builtins.ValueError"] * 2
    assert "Taro" not in str(lines)


async def test_roles(start: Start) -> None:
    """A replica that only works opens no port."""
    process = await start("talk", ROLES="work")
    await await_line(process, "library_failed")
    process.terminate()
    output, _ = await process.communicate()

    assert process.returncode == 0
    assert b"rpc_server" not in output
