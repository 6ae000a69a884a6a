"""How an event lies in a table: the columns that the outbox and the dead letters share."""

from typing import Any

from sqlalchemy import Row

from kit.events.envelope import Event


def to_columns(event: Event) -> dict[str, Any]:
    """Return the values of an event's columns, keyed by column name."""
    return {
        "event_id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "resource": event.resource,
        "event_time": event.time,
        "body": event.body,
        "traceparent": event.traceparent,
    }


def from_row(row: Row[Any]) -> Event:
    """Read an event back from a row that holds its columns."""
    return Event(
        id=row.event_id,
        source=row.source,
        type=row.type,
        subject=row.subject,
        resource=row.resource,
        time=row.event_time,
        body=row.body,
        traceparent=row.traceparent,
    )
