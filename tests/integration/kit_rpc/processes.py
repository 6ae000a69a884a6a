"""Starts processes of the tests' services, and reads their logs."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from kit.config import BaseSettings

_ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def started(module: str, *arguments: str, settings: BaseSettings, **changes: str) -> AsyncIterator[Process]:
    """Run a module beside this one for the length of the `with` block; settings can be overridden by name."""
    environment = {
        "PYTHONPATH": f"{_ROOT / 'services'}:{_ROOT}",
        "OUTREACH_DATABASE_URL": settings.database_url,
        "OUTREACH_NATS_URL": settings.nats_url,
        "OUTREACH_JWKS": settings.jwks,
        "OUTREACH_JWT_ISSUER": settings.jwt_issuer,
        "OUTREACH_IDENTITY_KEY_FILE": str(settings.identity_key_file),
        **{f"OUTREACH_{name}": value for name, value in changes.items()},
    }
    command = (sys.executable, "-m", f"tests.integration.kit_rpc.{module}", *arguments)
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, cwd=_ROOT, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def await_line(process: Process, event: str) -> dict[str, Any]:
    """Return the log line of `event`, once it comes."""
    assert process.stdout is not None
    async for line in process.stdout:
        entry: dict[str, Any] = json.loads(line)
        if entry["event"] == event:
            return entry
    raise AssertionError(f"The process ended without {event}.")
