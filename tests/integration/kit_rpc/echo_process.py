"""The echo service as a process of its own: `python -m tests.integration.kit_rpc.echo_process WORKER`."""

import asyncio
import logging
import sys

import structlog

from kit.config import BaseSettings
from kit.rpc.run import Worker, run_service, supervise
from kit.rpc.server import Api, RPCServer
from tests.integration.kit_rpc.echo import ACCESS, INTERNAL, PUBLIC, EchoServicer

_USER_ID = "U0123456789abcdef0123456789abcdef"
_SECRET = f"Taro Yamada {_USER_ID}"


async def _idle() -> None:
    await asyncio.Event().wait()


async def _crash() -> None:
    raise ValueError(_SECRET)


async def _return() -> None:
    """End as if all were done."""


async def _tidy() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        structlog.get_logger().info("tidied_up")


async def _talk() -> None:
    structlog.get_logger().info("spoke", about={"id": _USER_ID})
    logging.getLogger("library").warning("saw %s", _USER_ID)
    try:
        await _crash()
    except ValueError:
        structlog.get_logger().exception("ours_failed")
        logging.getLogger("library").exception("library_failed")
    await _idle()


_WORKERS = {"idle": _idle, "crash": _crash, "return": _return, "tidy": _tidy, "talk": _talk}


async def _serve(settings: BaseSettings, stop: asyncio.Event) -> None:
    servicer = EchoServicer()
    api = Api(service="echo", public=[PUBLIC], internal=[INTERNAL], access=ACCESS, register=servicer.register)
    await supervise(
        stop,
        server=RPCServer(api, settings) if "serve" in settings.roles else None,
        workers=[Worker(sys.argv[1], _WORKERS[sys.argv[1]])] if "work" in settings.roles else [],
        grace=settings.shutdown_grace,
    )


if __name__ == "__main__":
    run_service("echo", BaseSettings, _serve)
