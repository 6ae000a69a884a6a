"""One way out for every signal that asks us to stop, and a clean-up that no second signal cuts short."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stop_on_signals() -> None:
    """Make SIGTERM and SIGHUP do what Ctrl-C does: KeyboardInterrupt, or within `asyncio.run` a cancelled main task.

    SIGINT is set too: a shell that starts us in the background has it ignored.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _interrupt)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore the same signals for the length of a clean-up that takes bounded time."""
    previous = {signum: signal.signal(signum, signal.SIG_IGN) for signum in _STOP_SIGNALS}
    try:
        yield
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    # Raised again as SIGINT and not as an exception, because asyncio has put its own handler there.
    signal.raise_signal(signal.SIGINT)
