"""Tests of the CloudEvents envelope."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.events.envelope import MAX_BODY_BYTES, from_headers, to_headers
from kit.events.errors import MalformedEvent
from tests.fakes.events import make_event

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_headers_carry_the_context() -> None:
    """Every CloudEvents attribute has its header, and the id is also JetStream's message id."""
    event = make_event(id="e-1", traceparent=TRACEPARENT)

    assert to_headers(event) == {
        "ce-specversion": "1.0",
        "ce-id": "e-1",
        "ce-source": "test.library",
        "ce-type": "test.library.v1.BookLent",
        "ce-subject": "shelves/a/books/1",
        "ce-time": "2026-04-01T12:00:00+00:00",
        "ce-datacontenttype": "application/json",
        "Nats-Msg-Id": "e-1",
        "traceparent": TRACEPARENT,
    }


@given(
    id=st.from_regex(r"[!-~]{1,40}", fullmatch=True),
    resource=st.from_regex(r"[!-~]{1,80}", fullmatch=True),
    time=st.datetimes(timezones=st.just(UTC)),
    body=st.binary(max_size=100),
    traceparent=st.none() | st.just(TRACEPARENT),
)
def test_round_trip(**attributes: Any) -> None:
    """What an event says survives the way through headers."""
    event = replace(make_event(), **attributes)

    assert from_headers(event.subject, to_headers(event), event.body) == event


@pytest.mark.parametrize("name", ["id", "source", "type", "resource"])
@pytest.mark.parametrize("value", ["", "with space", "two\r\nlines", "本"])
def test_attribute_that_could_break_a_header_is_refused(name: str, value: str) -> None:
    """No attribute can smuggle a line into the headers."""
    changed: dict[str, Any] = {name: value}

    with pytest.raises(ValueError, match=f"An event's {name} "):
        replace(make_event(), **changed)


@pytest.mark.parametrize("subject", ["", "a..b", "a.*", "a.>", "a b", ".a"])
def test_subject_with_a_wildcard_or_gap_is_refused(subject: str) -> None:
    """An event has one literal subject."""
    with pytest.raises(ValueError, match="subject"):
        make_event(subject=subject)


def test_naive_time_is_refused() -> None:
    """A time without a zone says nothing to another service."""
    with pytest.raises(ValueError, match="time zone"):
        replace(make_event(), time=datetime(2026, 4, 1))  # noqa: DTZ001 - the very thing that is refused


def test_body_over_the_limit_is_refused() -> None:
    """An event that NATS might refuse later is refused before it is committed."""
    with pytest.raises(ValueError, match="body"):
        make_event(body=b"x" * (MAX_BODY_BYTES + 1))


@pytest.mark.parametrize("header", ["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", "ce-time"])
def test_missing_header_is_malformed(header: str) -> None:
    """A message that lacks a required attribute is no event."""
    headers = to_headers(make_event())
    del headers[header]

    with pytest.raises(MalformedEvent):
        from_headers("a.b", headers, b"{}")


@pytest.mark.parametrize(
    ("header", "value"),
    [("ce-specversion", "0.3"), ("ce-time", "yesterday"), ("ce-time", "2026-04-01T12:00:00"), ("ce-id", "")],
)
def test_unreadable_header_is_malformed(header: str, value: str) -> None:
    """A message with an unreadable attribute is no event."""
    headers = to_headers(make_event()) | {header: value}

    with pytest.raises(MalformedEvent):
        from_headers("a.b", headers, b"{}")
