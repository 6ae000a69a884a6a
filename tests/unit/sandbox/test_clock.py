"""The settable business clock."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.clock import FASTEST, FIRST, LAST, Clock

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


@pytest.mark.parametrize("instant", [FIRST - timedelta(seconds=1), LAST])
def test_the_ends_of_time(instant: datetime) -> None:
    """The clock stays where the vendors' periods can be reckoned with; a refused move changes nothing."""
    clock = Clock(machine=lambda: datetime(2026, 6, 1, tzinfo=UTC))
    clock.move_to(FIRST)
    with pytest.raises(ValueError, match="the clock goes from 2000 to 2200"):
        clock.move_to(instant)

    assert clock.now() == FIRST


@pytest.mark.parametrize("speed", [-1.0, FASTEST + 1, float("nan"), float("inf")])
def test_speeds_of_no_meaning(speed: float) -> None:
    """Time neither runs backwards nor faster than a day per second."""
    clock = Clock()
    with pytest.raises(ValueError, match="speed"):
        clock.run_at(speed)

    assert clock.speed == 1
