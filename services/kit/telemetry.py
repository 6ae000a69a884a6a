"""Traces and metrics by OpenTelemetry; everything custom is declared once, next to where it is measured (ST 9.3).

Names are `outreach.<area>.<thing>`. Declared so far: `outreach.rpc.*` in `kit.rpc.interceptors.observation`,
`outreach.outbox.*` and `outreach.consumer.*` in `kit.events.metrics`.
"""

import threading
import time

import httpx
from opentelemetry import metrics, propagate, trace
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_FLUSH_S = 3.0


class Telemetry:
    """The process's telemetry; with no endpoint spans have ids, for logs and events, and go nowhere.

    Attributes:
        tracers: where libraries that take a provider get it from.

    """

    def __init__(self, service: str, endpoint: str | None) -> None:
        """Describe it.

        Args:
            service: as `delivery`.
            endpoint: OTLP over gRPC, as `http://collector:4317`; None = off.

        """
        resource = Resource.create({"service.name": service, "service.namespace": "outreach"})
        self._meters: MeterProvider | None = None
        if endpoint is None:
            self.tracers = TracerProvider(resource=resource, sampler=ALWAYS_OFF)
            return
        insecure = endpoint.startswith("http://")
        self.tracers = TracerProvider(resource=resource)
        self.tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint, insecure=insecure)))
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint, insecure=insecure))
        self._meters = MeterProvider([reader], resource=resource)

    def install(self) -> None:
        """Make it the process's; can be done once."""
        # Named instead of the default, which also carries baggage: callers' words go no further.
        propagate.set_global_textmap(TraceContextTextMapPropagator())
        trace.set_tracer_provider(self.tracers)
        if self._meters is not None:
            metrics.set_meter_provider(self._meters)

    def close(self) -> None:
        """Send what is left, for a few seconds at most: a collector that is gone must not keep the process."""
        providers = [provider for provider in (self.tracers, self._meters) if provider is not None]
        flushes = [threading.Thread(target=provider.shutdown, daemon=True) for provider in providers]
        for flush in flushes:
            flush.start()
        deadline = time.monotonic() + _FLUSH_S
        for flush in flushes:
            flush.join(max(0.0, deadline - time.monotonic()))


def trace_http(client: httpx.AsyncClient) -> None:
    """Give every request of `client` a span."""
    HTTPXClientInstrumentor.instrument_client(client)
