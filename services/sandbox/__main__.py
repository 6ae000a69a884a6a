"""`python -m sandbox`: listen until SIGTERM or SIGINT."""

import argparse
import asyncio
import signal
import sys
from datetime import datetime
from pathlib import Path

from sandbox.app import start
from sandbox.clock import Clock
from sandbox.settings import WORLDS, Settings, World
from sandbox.worldfile import WorldError, make_world, read_world


def main() -> None:
    """Read the command line, serve, and stop at once when told to."""
    options = _parse()
    try:
        asyncio.run(_serve(options))
    except (WorldError, OSError) as error:
        sys.exit(f"sandbox: {error}")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description="A local stand-in for the LINE Platform and HubSpot.")
    parser.add_argument("--listen", default="127.0.0.1:0", help="host:port; port 0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="gets host:port, atomically, once the sandbox listens")
    parser.add_argument("--seed", type=int, default=7, help="source of every random choice")
    parser.add_argument("--friends", type=int, default=5_000, help="friends of the demo world's OA")
    parser.add_argument(
        "--world", default="demo", help="what exists at the start: demo, empty, or a file of control calls"
    )
    parser.add_argument("--now", type=_read_instant, help="ISO 8601 with a zone: where the clock begins")
    parser.add_argument("--speed", type=float, default=1.0, help="business seconds per second; 0: the clock stands")
    return parser.parse_args()


def _read_instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError("a zone is required")
    return instant


async def _serve(options: argparse.Namespace) -> None:
    host, _, port = options.listen.rpartition(":")
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    calls = [] if options.world in WORLDS else read_world(Path(options.world))
    world: World = "demo" if options.world == "demo" else "empty"
    settings = Settings(seed=options.seed, friends=options.friends, world=world)
    clock = Clock()
    clock.run_at(options.speed)
    if options.now is not None:
        clock.move_to(options.now)
    sandbox = await start(settings, host=host, port=int(port), clock=clock)
    await make_world(sandbox.url, calls)
    address = sandbox.url.removeprefix("http://")
    if options.port_file is not None:
        _write_atomically(options.port_file, address)
    print(f"sandbox listens on http://{address}", flush=True)  # noqa: T201 - for the person who started it
    await stopped.wait()
    await sandbox.aclose()


def _write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or none."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


if __name__ == "__main__":
    main()
