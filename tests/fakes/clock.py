"""Business time that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """`kit.clock.Clock` at a moment of the test's choice."""

    def __init__(self, now: datetime = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the present, aware UTC."""
        return self._now

    def advance(self, span: timedelta) -> None:
        """Move forward by `span`."""
        self._now += span

    def set(self, now: datetime) -> None:
        """Jump to `now`, aware UTC."""
        self._now = now

    def __deepcopy__(self, _memo: object) -> "FakeClock":
        """Stay the one clock: a transaction that is rolled back takes no time back."""
        return self
