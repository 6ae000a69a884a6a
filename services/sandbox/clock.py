"""The sandbox's settable business clock, which every vendor rule with a time in it reads."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# Beyond these the vendors' own periods (180 days, 13 months) could not be reckoned with.
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
FASTEST = 86_400.0


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
        """Make `instant` (aware) the present; the speed stays.

        Raises:
            ValueError: before the year 2000 or after 2199.

        """
        if not FIRST <= instant < LAST:
            raise ValueError(f"the clock goes from {FIRST:%Y} to {LAST:%Y}")
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
            ValueError: `speed` is negative, which has no meaning for a vendor, or over a day per second.

        """
        if not 0 <= speed <= FASTEST:
            raise ValueError(f"speed: 0 to {FASTEST:g}")
        self.move_to(self.now())
        self._speed = speed
        self._tell()

    def _tell(self) -> None:
        for listener in self.listeners:
            listener()
