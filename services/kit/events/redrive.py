"""`python -m kit.events.redrive <service>`: an operator's way to look at dead letters and to handle them once more.

It runs beside the service's replicas, with the service's own settings: the inbox skips what both handle. The service
offers its handlers by `open_handlers` in its `bootstrap`, and is found by name, since kit imports no service.
"""

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TextIO

from kit.config import BaseSettings, ConfigError, load
from kit.events.dead_letters import DeadLetters
from kit.events.ports import Handler
from kit.logs import configure_logs
from kit.rpc.run import EXIT_BAD_SETTINGS, EXIT_FAILED

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Handlers:
    """What a service handles, keyed by consumer name, and where it keeps what it could not handle."""

    by_consumer: Mapping[str, Handler]
    dead_letters: DeadLetters


OpenHandlers = Callable[[BaseSettings], AbstractAsyncContextManager[Handlers]]
"""`open_handlers` of a service's `bootstrap`; takes the service's own settings."""


async def list_dead_letters(letters: DeadLetters, out: TextIO) -> int:
    """Write one line per dead letter: id, consumer, type and resource of the event, attempts, reason; return how many.

    Bodies are not shown: whoever may redrive need not read them.
    """
    count, after_id = 0, 0
    while page := await letters.find(after_id=after_id, limit=_PAGE):
        for letter in page:
            event = letter.event
            told = (letter.id, letter.consumer, event.type, event.resource, letter.attempt_count, letter.reason)
            out.write("\t".join(map(str, told)) + "\n")
        count, after_id = count + len(page), page[-1].id
    return count


async def redrive(handlers: Handlers, ids: Sequence[int] | None, out: TextIO) -> bool:
    """Handle the dead letters of `ids` once more, all of them for None; return whether none failed again."""
    result = await handlers.dead_letters.redrive(handlers.by_consumer, ids=ids)
    out.write(f"handled: {len(result.handled)}, failed again: {len(result.failed)}\n")
    out.writelines(f"still dead: {letter_id}\n" for letter_id in result.failed)
    return not result.failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 when nothing failed again, 78 after bad settings."""
    parser = argparse.ArgumentParser(prog="python -m kit.events.redrive", description=__doc__)
    parser.add_argument("service", help="whose dead letters, as reporting; its OUTREACH_ settings must be set")
    parser.add_argument("ids", type=int, nargs="*", help="of the dead letters; all without")
    parser.add_argument("--list", action="store_true", help="show them and do nothing")
    parsed = parser.parse_args(arguments)
    configure_logs(sys.stderr)
    open_handlers: OpenHandlers = importlib.import_module(f"{parsed.service}.bootstrap").open_handlers
    settings_type: type[BaseSettings] = importlib.import_module(f"{parsed.service}.config").Settings
    try:
        settings = load(settings_type, os.environ)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_BAD_SETTINGS
    return asyncio.run(_run(open_handlers(settings), parsed.ids or None, only_list=parsed.list))


async def _run(opening: AbstractAsyncContextManager[Handlers], ids: Sequence[int] | None, *, only_list: bool) -> int:
    async with opening as handlers:
        if only_list:
            await list_dead_letters(handlers.dead_letters, sys.stdout)
            return 0
        return 0 if await redrive(handlers, ids, sys.stdout) else EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
