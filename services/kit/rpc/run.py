"""A service's process: settings, telemetry, event loop, its server and workers, and its end (architecture 9)."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn, Protocol, TypeVar

import structlog
import uvloop

from kit.config import BaseSettings, ConfigError, load
from kit.logs import configure_logs
from kit.telemetry import Telemetry

SettingsT = TypeVar("SettingsT", bound=BaseSettings)

EXIT_FAILED = 1
EXIT_BAD_SETTINGS = 78  # EX_CONFIG of sysexits.h

# The part of the grace period in which workers may finish; the rest is for giving back what they could not.
_TO_FINISH = 0.7

# Closing pools and connections comes after the grace period.
_CLEANUP_S = 3.0

_log = structlog.get_logger(__name__)


class Server(Protocol):
    """The part of an `RPCServer` that is supervised."""

    async def start(self) -> int:
        """Listen and answer; return the port."""
        ...

    async def drain(self, grace_s: float) -> None:
        """Take no new calls, and return when those under way have ended or `grace_s` is over."""
        ...


@dataclass(frozen=True, slots=True)
class Worker:
    """Background work that runs until it is cancelled.

    Cancelled once, it begins nothing more and may finish what it has in hand; cancelled once more, towards the end of
    the grace period, it gives back what is not done.
    """

    name: str
    run: Callable[[], Coroutine[Any, Any, None]]


class WorkerEndedError(Exception):
    """A worker crashed or returned; the process ends, so that it is started again with all of its parts."""

    def __init__(self, worker: str) -> None:
        super().__init__(f"The worker {worker} has ended.")


async def supervise(
    stop: asyncio.Event, *, server: Server | None, workers: Sequence[Worker] = (), grace: timedelta
) -> None:
    """Run a server and workers until `stop`, then let them end side by side within `grace`.

    Raises:
        WorkerEndedError: a worker ended by itself; everything else was drained.

    """
    tasks = {asyncio.create_task(worker.run(), name=worker.name) for worker in workers}
    stopping = asyncio.create_task(stop.wait())
    try:
        if server is not None:
            await server.start()
        ended, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        await _drain(server, tasks, grace.total_seconds())
    for task in ended & tasks:
        raise WorkerEndedError(task.get_name()) from (None if task.cancelled() else task.exception())


async def _drain(server: Server | None, tasks: set[asyncio.Task[None]], grace_s: float) -> None:
    _log.info("draining", grace_s=grace_s)
    ends: list[Awaitable[Any]] = [_end_workers(tasks, grace_s)]
    if server is not None:
        ends.append(server.drain(grace_s))
    await asyncio.gather(*ends)
    for task in tasks:
        if not task.done():
            _log.error("worker_abandoned", worker=task.get_name())
        elif not task.cancelled() and task.exception() is not None:
            _log.error("worker_failed", worker=task.get_name(), exc_info=task.exception())


async def _end_workers(tasks: set[asyncio.Task[None]], grace_s: float) -> None:
    """Cancel workers, which then finish; and those that have not done so once more, which then give back."""
    for part in (_TO_FINISH, 1 - _TO_FINISH):
        tasks = {task for task in tasks if not task.done()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s * part)


def run_service(
    service: str, settings_type: type[SettingsT], serve: Callable[[SettingsT, asyncio.Event], Awaitable[None]]
) -> NoReturn:
    """Be the process of a service: call `serve` with its settings and the event that SIGTERM or SIGINT sets.

    Exits with 0 after an orderly end, also of a wait for something, 78 after bad settings, which are named on standard
    error, some only once they were used, and 1 after a crash.
    """
    configure_logs()
    try:
        settings = load(settings_type, os.environ)
    except ConfigError as error:
        _end_with(error)
    telemetry = Telemetry(service, settings.otlp_endpoint)
    telemetry.install()
    try:
        uvloop.run(_run(serve, settings))
    except ConfigError as error:
        _end_with(error)
    except Exception as error:  # noqa: BLE001 - the last line of a process that dies
        _log.critical("service_failed", service=service, exc_info=error)
        sys.exit(EXIT_FAILED)
    finally:
        telemetry.close()
    sys.exit(0)


def _end_with(error: ConfigError) -> NoReturn:
    sys.stderr.write(f"{error}\n")
    sys.exit(EXIT_BAD_SETTINGS)


async def _run(serve: Callable[[SettingsT, asyncio.Event], Awaitable[None]], settings: SettingsT) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.ensure_future(serve(settings, stop))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    try:
        # Also ends a service that was told to stop before it had started, say while it waits for its database.
        async with asyncio.timeout(settings.shutdown_grace.total_seconds() + _CLEANUP_S if stop.is_set() else None):
            await serving
    except TimeoutError:
        _log.exception("shutdown_cut_off")
        raise
