"""Runs an operator's command for the service `redrivable`, as a process of its own."""

import asyncio
import sys


async def run_command(module: str, environment: dict[str, str], *arguments: str) -> tuple[int | None, str]:
    """Run a command to its end; return its status and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, "redrivable", *arguments),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()
