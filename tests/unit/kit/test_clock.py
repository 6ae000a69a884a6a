"""Business time and machine time."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kit.clock import FileClock, SystemClock, machine_now, open_clock


def _write(path: Path, content: object) -> Path:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(content))
    os.replace(draft, path)  # noqa: PTH105 - what the local stack does
    return path


def _distance(moment: datetime) -> timedelta:
    return abs(moment - datetime.now(UTC))


def test_system_clock() -> None:
    """Without a file both clocks are the system's, in UTC."""
    for moment in (SystemClock().now(), open_clock(None).now(), machine_now()):
        assert moment.tzinfo is UTC
        assert _distance(moment) < timedelta(seconds=5)


def test_offset(tmp_path: Path) -> None:
    """A file moves business time, and machine time stays."""
    clock = open_clock(_write(tmp_path / "clock.json", {"offset_seconds": 86_400.5}))

    assert _distance(clock.now() - timedelta(days=1)) < timedelta(seconds=5)
    assert _distance(machine_now()) < timedelta(seconds=5)


def test_moves(tmp_path: Path) -> None:
    """Every reading after a move shows the new time, however short the time between two moves."""
    path = _write(tmp_path / "clock.json", {"offset_seconds": 0})
    clock = FileClock(path)
    for day in range(1, 20):
        _write(path, {"offset_seconds": day * 86_400})

        assert _distance(clock.now() - timedelta(days=day)) < timedelta(seconds=5)


@pytest.mark.parametrize("spoil", ["remove", "garble"])
def test_spoilt_file(tmp_path: Path, spoil: str) -> None:
    """Business time does not jump back when the file is removed or garbled under a running service."""
    path = _write(tmp_path / "clock.json", {"offset_seconds": 86_400})
    clock = FileClock(path)
    if spoil == "remove":
        path.unlink()
    else:
        path.write_text("{")

    assert _distance(clock.now() - timedelta(days=1)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    "content", [{}, [], None, {"offset_seconds": "soon"}, {"offset_seconds": None}, {"offset_seconds": 1e300}]
)
def test_bad_file(tmp_path: Path, content: object) -> None:
    """A file without a usable offset is refused at start."""
    with pytest.raises(ValueError, match=r".+"):
        FileClock(_write(tmp_path / "clock.json", content))


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is refused at start."""
    with pytest.raises(OSError, match="No such file"):
        FileClock(tmp_path / "clock.json")
