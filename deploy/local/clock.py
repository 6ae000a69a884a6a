"""Moves the business clock of the services and of the sandbox together (architecture 10)."""

import http.client
import json
from datetime import timedelta
from pathlib import Path

_ANSWER_SECONDS = 5.0


class BusinessClock:
    """The offset of business time from system time, which services read from a file and the sandbox is told."""

    def __init__(self, file: Path, *, sandbox_address: str) -> None:
        """Start at no offset and write `file`, which services get as OUTREACH_CLOCK_FILE."""
        self.file = file
        self._sandbox_address = sandbox_address
        self._offset = timedelta()
        self._write()

    @property
    def offset(self) -> timedelta:
        """How far business time is ahead of system time."""
        return self._offset

    def advance(self, span: timedelta) -> None:
        """Move business time forward by `span`, everywhere.

        LINE's time moves first: in between it looks as if our clocks were slow, which services must stand anyway.

        Raises:
            ValueError: `span` is negative; nothing in the product lives backwards.
            RuntimeError: the sandbox refused.

        """
        if span < timedelta():
            raise ValueError("business time only moves forward")
        offset = self._offset + span
        self._tell_sandbox(_document(offset))
        self._offset = offset
        self._write()

    def _tell_sandbox(self, document: str) -> None:
        connection = http.client.HTTPConnection(self._sandbox_address, timeout=_ANSWER_SECONDS)
        try:
            connection.request("POST", "/_control/clock", document, {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status != http.client.OK:
                raise RuntimeError(f"the sandbox did not move its clock: {response.status} {response.read()!r}")
        finally:
            connection.close()

    def _write(self) -> None:
        # Replaced and not rewritten, so that no service ever reads half a document.
        draft = self.file.with_suffix(".draft")
        draft.write_text(_document(self._offset))
        draft.replace(self.file)


def _document(offset: timedelta) -> str:
    return json.dumps({"offset_seconds": offset.total_seconds()})
