"""The process's telemetry."""

import logging
import time

import httpx
import pytest
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

from kit.telemetry import Telemetry, trace_http


def test_off() -> None:
    """Without a collector spans have ids, for logs and events, and are not recorded."""
    telemetry = Telemetry("delivery", None)
    with telemetry.tracers.get_tracer("test").start_as_current_span("span") as span:
        assert span.get_span_context().is_valid
        assert not span.is_recording()

    telemetry.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_lost_collector(caplog: pytest.LogCaptureFixture) -> None:
    """A collector that can't be reached does not keep the process from ending."""
    caplog.set_level(logging.CRITICAL)
    telemetry = Telemetry("delivery", "http://127.0.0.1:1")
    with telemetry.tracers.get_tracer("test").start_as_current_span("span") as span:
        assert span.is_recording()
    start = time.monotonic()
    telemetry.close()

    assert time.monotonic() - start < 5


async def test_http() -> None:
    """A traced client still works."""
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, text="ok"))
    async with httpx.AsyncClient(transport=transport) as client:
        trace_http(client)
        response = await client.get("https://api.test/")
        HTTPXClientInstrumentor.uninstrument_client(client)

    assert response.text == "ok"
