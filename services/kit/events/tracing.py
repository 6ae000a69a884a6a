"""W3C trace context across events, so that a consumer's work hangs under what caused it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from kit.events.envelope import Event

# Named instead of the global propagator, which may also carry baggage: callers' words don't belong in events.
_PROPAGATOR = TraceContextTextMapPropagator()


def current_traceparent() -> str | None:
    """Return the current span as a `traceparent` header; None outside a trace."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


def producer_context(event: Event) -> Context:
    """Return the context in which the event was produced; an empty one when it names none."""
    carrier = {} if event.traceparent is None else {"traceparent": event.traceparent}
    return _PROPAGATOR.extract(carrier, Context())


@contextmanager
def untraced() -> Iterator[None]:
    """Keep an idle loop's polling out of the traces: whatever starts here has a parent that was sampled out."""
    parent = SpanContext(
        trace_id=secrets.randbits(128) | 1,
        span_id=secrets.randbits(64) | 1,
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.DEFAULT),
    )
    token = otel_context.attach(trace.set_span_in_context(NonRecordingSpan(parent)))
    try:
        yield
    finally:
        otel_context.detach(token)
