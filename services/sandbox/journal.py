"""A bounded record of every vendor request that arrived, for tests to read back."""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

# Credentials never enter the journal: only these headers do, and neither do form bodies (OAuth) or these parameters.
HIDDEN_PARAMETERS = frozenset({"access_token", "client_assertion", "hapikey"})
KEPT_HEADERS = frozenset({"content-type", "user-agent", "x-line-retry-key", "traceparent"})
LARGEST_KEPT_BODY = 262_144


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a request brought; `time` is business time, `channel` the LINE channel whose token it bore, if any."""

    time: datetime
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    channel: str | None = None


Outcome = Literal["pending", "answered", "dropped"]


@dataclass(slots=True)
class Entry:
    """One request, on record from its arrival on, and what became of it; `status` is None until it is answered."""

    number: int
    arrival: Arrival
    request_id: str
    fault: str | None
    body_bytes: int
    outcome: Outcome = "pending"
    status: int | None = None

    def close(self, status: int | None) -> None:
        """Note the answer; None: the connection was dropped instead."""
        self.status = status
        self.outcome = "dropped" if status is None else "answered"

    def to_json(self) -> dict[str, Any]:
        """Return the entry as the control face shows it.

        `body` is the parsed JSON, or null when the body is empty, no JSON, a form, or over 256 KiB; `body_bytes`
        is its size as it arrived.
        """
        arrival = self.arrival
        return {
            "number": self.number,
            "time": arrival.time.isoformat(),
            "method": arrival.method,
            "path": arrival.path,
            "channel": arrival.channel,
            "query": [list(pair) for pair in arrival.query],
            "headers": dict(arrival.headers),
            "body": _parse(arrival.body, arrival.headers.get("content-type", "")),
            "body_bytes": self.body_bytes,
            "outcome": self.outcome,
            "status": self.status,
            "request_id": self.request_id,
            "fault": self.fault,
        }


class Journal:
    """The last `kept` requests in order of arrival, fewer when their bodies exceed `kept_bytes` together."""

    def __init__(self, *, kept: int = 20_000, kept_bytes: int = 128 * 1024 * 1024) -> None:
        self._entries: deque[Entry] = deque()
        self._kept = kept
        self._kept_bytes = kept_bytes
        self._bytes = 0
        self._count = 0

    def record(self, arrival: Arrival, *, request_id: str, fault: str | None) -> Entry:
        """Add a request that has arrived, without headers outside `KEPT_HEADERS`; its entry is closed by the caller."""
        self._count += 1
        kept = {name.lower(): value for name, value in arrival.headers.items() if name.lower() in KEPT_HEADERS}
        body = arrival.body if len(arrival.body) <= LARGEST_KEPT_BODY else b""
        query = tuple((name, value) for name, value in arrival.query if name not in HIDDEN_PARAMETERS)
        trimmed = replace(arrival, query=query, headers=kept, body=body)
        entry = Entry(self._count, trimmed, request_id, fault, len(arrival.body))
        self._entries.append(entry)
        self._bytes += len(body)
        while len(self._entries) > self._kept or self._bytes > self._kept_bytes:
            self._bytes -= len(self._entries.popleft().arrival.body)
        return entry

    def find(
        self, *, method: str | None = None, path: str | None = None, channel: str | None = None
    ) -> Iterator[Entry]:
        """Yield entries, oldest first, of this method, exact path (or prefix, when it ends in `*`) and LINE channel."""
        for entry in self._entries:
            if channel is not None and entry.arrival.channel != channel:
                continue
            if method is not None and entry.arrival.method != method.upper():
                continue
            if path is not None and not _matches(entry.arrival.path, path):
                continue
            yield entry

    def clear(self) -> None:
        """Forget everything; numbering goes on."""
        self._entries.clear()
        self._bytes = 0


def _matches(path: str, pattern: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


def _parse(body: bytes, content_type: str) -> Any:
    if not body or "form" in content_type:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
