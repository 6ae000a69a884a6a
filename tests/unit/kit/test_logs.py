"""Log lines."""

from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider

from kit import logs
from kit.callers import Caller, set_caller

USER_ID = "U0123456789abcdef0123456789abcdef"


@given(
    st.recursive(
        st.just(USER_ID) | st.text().map(lambda text: f"{text}{USER_ID}{text}") | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just(USER_ID), inner),
    )
)
def test_user_ids(value: Any) -> None:
    """A LINE user id leaves in no line, however deep it lies (N6)."""
    assert USER_ID not in logs._render(None, "info", {"event": "x", "value": value})  # noqa: SLF001 - the last step


def test_user_id_in_an_object() -> None:
    """An object that is no JSON is written by its repr, scrubbed as well."""
    line = logs._render(None, "info", {"event": "x", "value": {USER_ID}})  # noqa: SLF001 - the last step

    assert "[withheld]" in line


def _raise(error: Exception, cause: Exception) -> NoReturn:
    raise error from cause


def test_causes() -> None:
    """An exception is told with its causes and their places, without their messages."""
    error = ValueError("Yamada")
    with pytest.raises(ValueError, match="Yamada"):
        _raise(error, KeyError("Taro"))
    event = logs.describe_exception(None, "error", {"event": "x", "exc_info": error})

    assert [link["type"] for link in event["exceptions"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert "test_causes" in event["exceptions"][0]["frames"][0]
    assert "_raise" in event["exceptions"][0]["frames"][-1]
    assert "Taro" not in str(event)
    assert "Yamada" not in str(event)


def test_circular_causes() -> None:
    """Exceptions that name each other as causes end the chain."""
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    event = logs.describe_exception(None, "error", {"event": "x", "exc_info": first})

    assert len(event["exceptions"]) == 2


async def test_caller() -> None:
    """A line within a call names who made it."""
    assert "caller" not in logs.add_caller(None, "info", {"event": "x"})

    set_caller(Caller("service:delivery", frozenset(), frozenset()))

    assert logs.add_caller(None, "info", {"event": "x"})["caller"] == "service:delivery"


def test_trace() -> None:
    """A line within a span names it, in the W3C form."""
    with TracerProvider().get_tracer("test").start_as_current_span("span") as span:
        event = logs.add_trace(None, "info", {"event": "x"})

    assert event["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    assert "trace_id" not in logs.add_trace(None, "info", {"event": "x"})
