"""Time that a call has left."""

from kit.deadlines import set_time_left, time_left


async def test_time_left() -> None:
    """The rest shrinks to 0 and no further; a call may have no end."""
    assert time_left() is None

    set_time_left(10)
    left = time_left()
    assert left is not None
    assert 9 < left <= 10

    set_time_left(-1)
    assert time_left() == 0

    set_time_left(None)
    assert time_left() is None
