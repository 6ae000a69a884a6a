"""The two clocks of architecture 10: business time, which a demo may move, and machine time, which nobody moves."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Business time: send times, waits, publications, key age, LINE's windows."""

    def now(self) -> datetime:
        """Return the present, aware UTC."""
        ...


class SystemClock:
    """Business time is the system's."""

    def now(self) -> datetime:
        """Return the present, aware UTC."""
        return datetime.now(UTC)


class FileClock:
    """Business time is the system's plus the offset in a file, for a local stack that lives through days in seconds.

    The file holds `{"offset_seconds": N}`. It is looked at on every reading, so that after a move nobody sees the time
    before it, and read again only when it was replaced.
    """

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            OSError, ValueError: it can't be read, or holds no offset.

        """
        self._path = path
        self._seen = self._version()
        self._offset = self._read()

    def now(self) -> datetime:
        """Return the present, aware UTC; the last offset stays when the file is gone or unreadable."""
        self._follow()
        return datetime.now(UTC) + self._offset

    def _follow(self) -> None:
        try:
            version = self._version()
            if version != self._seen:
                self._offset, self._seen = self._read(), version
        except (OSError, ValueError):
            return

    def _version(self) -> tuple[int, int, int]:
        status = self._path.stat()
        return status.st_mtime_ns, status.st_ino, status.st_size

    def _read(self) -> timedelta:
        try:
            return timedelta(seconds=float(json.loads(self._path.read_text())["offset_seconds"]))
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError("The clock file holds no offset_seconds.") from error


def open_clock(file: Path | None) -> Clock:
    """Return the clock of a process: the system's, or one that follows `file`.

    Raises:
        OSError, ValueError: the file can't be read, or holds no offset.

    """
    return SystemClock() if file is None else FileClock(file)


def machine_now() -> datetime:
    """Return machine time, aware UTC: for leases, deadlines, tokens and TLS."""
    return datetime.now(UTC)
