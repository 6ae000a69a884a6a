"""The record of what arrived."""

from datetime import UTC, datetime

from sandbox.journal import LARGEST_KEPT_BODY, Arrival, Journal


def record(journal: Journal, path: str, *, body: bytes = b"", content_type: str = "application/json") -> None:
    """Record one request."""
    headers = {"Content-Type": content_type, "Authorization": "Bearer secret", "X-Line-Retry-Key": "k"}
    query = (("a", "1"), ("hapikey", "secret"), ("access_token", "secret"))
    arrival = Arrival(datetime(2026, 1, 1, tzinfo=UTC), "POST", path, query, headers, body)
    journal.record(arrival, request_id="r", fault=None).close(200)


def paths(journal: Journal) -> list[str]:
    """Return the paths on record."""
    return [entry.arrival.path for entry in journal.find()]


def test_credentials_are_left_out() -> None:
    """Neither a token, in header or query, nor a form with a secret is on record; the retry key and JSON are."""
    journal = Journal()
    record(journal, "/a", body=b'{"x": 1}')
    record(journal, "/b", body=b"client_secret=s", content_type="application/x-www-form-urlencoded")
    first, second = (entry.to_json() for entry in journal.find())

    assert first["headers"] == {"content-type": "application/json", "x-line-retry-key": "k"}
    assert (first["body"], first["query"]) == ({"x": 1}, [["a", "1"]])
    assert (second["body"], second["body_bytes"]) == (None, 15)


def test_bounded_by_count_and_bytes() -> None:
    """The oldest requests go when there are too many, or their bodies are too large together."""
    journal = Journal(kept=3, kept_bytes=100)
    for name in "abcd":
        record(journal, name)
    by_count = paths(journal)
    record(journal, "e", body=b"1" * 60)
    record(journal, "f", body=b"1" * 60)

    assert by_count == ["b", "c", "d"]
    assert paths(journal) == ["f"]


def test_large_bodies_are_only_measured() -> None:
    """A body over 256 KiB is not kept, but its size is."""
    journal = Journal()
    record(journal, "/a", body=b'"' + b"x" * LARGEST_KEPT_BODY + b'"')
    shown = next(journal.find()).to_json()

    assert (shown["body"], shown["body_bytes"]) == (None, LARGEST_KEPT_BODY + 2)
