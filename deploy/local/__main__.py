"""The command line of the local stack: `python -m deploy.local run` and `python -m deploy.local demo`."""

import argparse
import asyncio
import importlib
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import NoReturn

from deploy.local import welcome
from deploy.local.processes import ProcessFailedError
from deploy.local.settings import SOURCE
from deploy.local.signals import stop_on_signals
from deploy.local.stack import Stack, run_stack
from deploy.local.tether import follow_make

Story = Callable[[Stack], Coroutine[None, None, None]]

_WATCH_SECONDS = 1.0
_INTERRUPTED = 130  # the shell's convention for an end by SIGINT


def _load_demo() -> Story:
    # Loaded late, because `run` needs neither the story nor what that imports.
    story: Story = importlib.import_module("deploy.local.demo").tell
    return story


def main(
    arguments: Sequence[str] | None = None, *, source: Path = SOURCE, load_story: Callable[[], Story] = _load_demo
) -> int:
    """Run the command and return its exit status: 0 only if it did what it says.

    Args:
        arguments: of the command line; None takes the real ones.
        source: the source root that sandbox and services are started from.
        load_story: returns what `demo` tells; the story raises where something does not go as said.

    """
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="leave the whole stack up until Ctrl-C")
    commands.add_parser("demo", help="tell the product's story on a fresh stack, then stop it")
    command = parser.parse_args(arguments).command

    stop_on_signals()
    follow_make()
    try:
        return _demo(source, load_story()) if command == "demo" else _run(source)
    except ProcessFailedError as error:
        print(error, file=sys.stderr)
        return 1


def _run(source: Path) -> int:
    print("Starting…", flush=True)
    try:
        with run_stack(durable=True, source=source) as stack:
            print(welcome.describe(stack), flush=True)
            _watch(stack)
    except KeyboardInterrupt:
        print("\nStopped.", flush=True)
    return 0


def _demo(source: Path, tell: Story) -> int:
    try:
        with run_stack(source=source) as stack:
            asyncio.run(tell(stack))
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _watch(stack: Stack) -> NoReturn:
    """Wait for a signal, or for a process that ends by itself."""
    while True:
        stack.require_running()
        time.sleep(_WATCH_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
