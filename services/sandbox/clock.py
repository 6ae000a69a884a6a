"""The sandbox's settable business clock, which every vendor rule with a time in it reads."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def read_system_time() -> datetime:
    """Return the machine's time, aware and in UTC."""
    return datetime.now(UTC)


class Clock:
    """System time plus an offset, running at a settable speed.

    Speed 1 is real time, 0 stands still (repeatable read-backs), k runs k times as fast. `machine` is the source
    of real time, so that a test can own it. `listeners` are called after every move and change of speed.
    """

    def __init__(self, *, machine: Callable[[], datetime] = read_system_time) -> None:
        self._machine = machine
        self._anchor_machine = machine()
        self._anchor_business = self._anchor_machine
        self._speed = 1.0
        self.listeners: list[Callable[[], None]] = []

    @property
    def speed(self) -> float:
        """Business seconds per machine second."""
        return self._speed

    @property
    def offset_seconds(self) -> float:
        """How far business time is ahead of machine time at this moment, in seconds."""
        return (self.now() - self._machine()).total_seconds()

    def now(self) -> datetime:
        """Return business time, aware and in UTC."""
        elapsed = self._machine() - self._anchor_machine
        return self._anchor_business + elapsed * self._speed

    def timestamp(self) -> float:
        """Return business time in UNIX seconds."""
        return self.now().timestamp()

    def move_to(self, instant: datetime) -> None:
        """Make `instant` (aware) the present; the speed stays."""
        self._anchor_machine = self._machine()
        self._anchor_business = instant.astimezone(UTC)
        self._tell()

    def advance(self, seconds: float) -> None:
        """Move business time by `seconds`, backwards when negative."""
        self.move_to(self.now() + timedelta(seconds=seconds))

    def set_offset(self, seconds: float) -> None:
        """Put business time `seconds` ahead of machine time."""
        self.move_to(self._machine() + timedelta(seconds=seconds))

    def run_at(self, speed: float) -> None:
        """Let business time pass `speed` times as fast as machine time from now on.

        Raises:
            ValueError: `speed` is negative; time that runs backwards has no meaning for a vendor.

        """
        if speed < 0:
            raise ValueError("speed must be 0 or more")
        self.move_to(self.now())
        self._speed = speed
        self._tell()

    def _tell(self) -> None:
        for listener in self.listeners:
            listener()
