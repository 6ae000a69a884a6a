"""Tests of trace context across events."""

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kit.events.tracing import current_traceparent, producer_context, untraced
from tests.fakes.events import make_event


def test_no_trace_no_header() -> None:
    """Outside a trace an event names none."""
    assert current_traceparent() is None


def test_context_survives_the_event() -> None:
    """A consumer finds the span in which the event was made."""
    with TracerProvider().get_tracer("test").start_as_current_span("make") as made:
        event = make_event(traceparent=current_traceparent())

    found = trace.get_current_span(producer_context(event)).get_span_context()

    assert (found.trace_id, found.span_id) == (made.get_span_context().trace_id, made.get_span_context().span_id)


def test_event_without_trace_starts_afresh() -> None:
    """A consumer does not hang an untraced event under its own loop's span."""
    with TracerProvider().get_tracer("test").start_as_current_span("loop"):
        context = producer_context(make_event())

    assert not trace.get_current_span(context).get_span_context().is_valid


def test_polling_makes_no_spans() -> None:
    """What runs untraced leaves nothing in the traces, and afterwards tracing goes on."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")

    with untraced(), tracer.start_as_current_span("poll"):
        pass
    with tracer.start_as_current_span("work"):
        pass

    assert [span.name for span in exporter.get_finished_spans()] == ["work"]
