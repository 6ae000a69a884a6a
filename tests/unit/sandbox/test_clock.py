"""The settable business clock."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.clock import Clock

START = datetime(2026, 1, 1, tzinfo=UTC)


class Machine:
    """A machine clock that the test moves."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        """Return its time."""
        return self.time


def test_runs_with_the_machine_until_moved() -> None:
    """Business time is machine time, and keeps running from where it is put."""
    machine = Machine()
    clock = Clock(machine=machine)
    before = clock.now()
    clock.advance(86_400)
    machine.time += timedelta(seconds=5)

    assert before == START
    assert clock.now() == START + timedelta(days=1, seconds=5)
    assert clock.offset_seconds == 86_400


def test_speed() -> None:
    """Time runs k times as fast from the moment it is told to, and stands still at 0."""
    machine = Machine()
    clock = Clock(machine=machine)
    machine.time += timedelta(seconds=10)
    clock.run_at(60)
    machine.time += timedelta(seconds=10)
    fast = clock.now()
    clock.run_at(0)
    machine.time += timedelta(hours=1)

    assert fast == START + timedelta(seconds=610)
    assert clock.now() == fast


def test_negative_speed() -> None:
    """Time can't run backwards."""
    with pytest.raises(ValueError, match="speed"):
        Clock().run_at(-1)
