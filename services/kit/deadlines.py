"""How much time the present call has left, free of any transport (ST 2.6)."""

import time
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def time_left() -> float | None:
    """Return the seconds that the present call still has, at least 0; None outside a call, or in one without an end."""
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def set_time_left(seconds: float | None) -> None:
    """Note how long the present call may still take, for the rest of the task that serves it."""
    _deadline.set(None if seconds is None else time.monotonic() + seconds)
