"""Makes events for tests."""

import itertools
from datetime import UTC, datetime

from kit.events.envelope import Event
from kit.events.subjects import Subscription

READER = Subscription(consumer="reader", stream="library", subjects=("test.library.v1.*.book.*",))
"""What the consumer of these tests reads; `make_event` makes such events."""

_numbers = itertools.count(1)


def make_event(
    *,
    id: str | None = None,  # noqa: A002 - the event's own word
    resource: str = "shelves/a/books/1",
    subject: str = "test.library.v1.a.book.lent",
    body: bytes = b"{}",
    traceparent: str | None = None,
) -> Event:
    """Return a valid event with an id of its own."""
    return Event(
        id=id or f"event-{next(_numbers)}",
        source="test.library",
        type="test.library.v1.BookLent",
        subject=subject,
        resource=resource,
        time=datetime(2026, 4, 1, 12, tzinfo=UTC),
        body=body,
        traceparent=traceparent,
    )
