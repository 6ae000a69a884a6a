"""Tests of when and from where reporting compares itself with delivery."""

from datetime import UTC, datetime, timedelta

import pytest

from reporting.domain.reconciliation import BEGINNING, EVERY, OVERLAP, Pass, Reconciliation, StreamPlace

NOW = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEW = Reconciliation("delivery", BEGINNING)
SEEN = StreamPlace("first", first_sequence=1, handled_sequence=0)


def test_first_pass() -> None:
    """The first pass lists everything, and is over when there is no next page."""
    first = NEW.begin(NOW)
    second = NEW.advance(first, "2")
    over = second.advance(second.begin(NOW + MINUTE), "")

    assert first == Pass(BEGINNING, NOW, "")
    assert second.running == second.begin(NOW + MINUTE) == Pass(BEGINNING, NOW, "2")
    assert (over.running, over.done_time, over.next_time) == (None, NOW, NOW + EVERY)


def test_next_pass() -> None:
    """The next pass lists what has changed since the last one began, and a little before."""
    done = NEW.advance(NEW.begin(NOW), "")

    assert done.begin(NOW + EVERY) == Pass(NOW - OVERLAP, NOW + EVERY, "")


def test_restart() -> None:
    """A pass whose page token is refused begins again, and nothing counts as known before its end."""
    running = NEW.advance(NEW.begin(NOW), "2").restart()

    assert running.begin(NOW + MINUTE) == Pass(BEGINNING, NOW + MINUTE, "")
    assert running.done_time is None


def test_postponed() -> None:
    """Pages that can't be had are asked for after what was said, or after pauses that double up to 5 minutes."""
    waiting, pauses = NEW, []
    for _ in range(8):
        waiting = waiting.postpone(NOW, wait=None)
        pauses.append((waiting.next_time - NOW).total_seconds())
    heard = waiting.advance(waiting.begin(NOW), "2")

    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300]
    assert NEW.postpone(NOW, wait=MINUTE).next_time == NOW + MINUTE
    assert heard.failure_count == 0


@pytest.mark.parametrize(
    ("place", "is_gap"),
    [
        (SEEN, False),
        (StreamPlace("first", first_sequence=8, handled_sequence=7), False),
        (StreamPlace("first", first_sequence=8, handled_sequence=30), False),
        (StreamPlace("first", first_sequence=8, handled_sequence=6), True),
        (StreamPlace("second", first_sequence=1, handled_sequence=0), True),
    ],
)
def test_gaps(place: StreamPlace, is_gap: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """A pass is due when the stream is another one, or has dropped events that were not handled."""
    settled = NEW.watch(SEEN, NOW).advance(NEW.begin(NOW), "")
    watched = settled.watch(place, NOW + MINUTE)

    assert (watched.next_time <= NOW + MINUTE) is is_gap
    assert watched.watch(place, NOW + 2 * MINUTE) == watched


def test_gap_during_a_pass() -> None:
    """When a gap is noticed during a pass, whose pages may be older than what was lost, another one follows at once."""
    begun = NEW.begin(NOW)
    over = NEW.watch(SEEN, NOW + MINUTE).advance(begun, "")
    again = over.advance(over.begin(NOW + 2 * MINUTE), "")

    assert over.next_time <= NOW + MINUTE
    assert again.next_time == NOW + 2 * MINUTE + EVERY
