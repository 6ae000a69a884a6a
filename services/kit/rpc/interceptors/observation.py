"""What is told of every call: a span, a measurement, a log line if it is a command or fails; nobody's data (N6).

Declared here (ST 9.3):
    outreach.rpc.duration   histogram, s: time from the request to the end of the answer, by `rpc.service`,
                            `rpc.method`, `rpc.grpc.status_code` (number) and `outreach.reason`
    outreach.reason         text: reason of a failure, as `POLICY_REFUSED`; absent on success
    outreach.caller         text: subject of the caller's token, as `service:delivery`
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
import structlog
from opentelemetry import metrics, propagate, trace
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import SpanKind, Status, StatusCode, TracerProvider

from kit.callers import current_caller

# The caller's or the network's doing; the rest of the failures are ours to worry about.
_OUR_FAULT = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS})

# Standard methods without an effect (AIP-131, AIP-132).
_READS = ("Get", "List")

_log = structlog.get_logger("kit.rpc")


@dataclass(slots=True)
class Call:
    """A call under way, and how it ends: cancelled, until it is known better."""

    method: str
    code: grpc.StatusCode = grpc.StatusCode.CANCELLED
    reason: str = ""


class Observer:
    """Tells of calls. Its span is our own: the ready-made one writes exceptions' messages into traces."""

    def __init__(self, *, tracers: TracerProvider | None = None, meters: MeterProvider | None = None) -> None:
        """Report to the given providers; to the process's when none are given."""
        self._tracer = trace.get_tracer("kit.rpc", tracer_provider=tracers)
        self._duration = metrics.get_meter("kit.rpc", meter_provider=meters).create_histogram(
            "outreach.rpc.duration",
            unit="s",
            description="Time from the request to the end of the answer.",
            explicit_bucket_boundaries_advisory=[
                0.001,
                0.0025,
                0.005,
                0.01,
                0.025,
                0.05,
                0.1,
                0.25,
                0.5,
                1,
                2.5,
                5,
                10,
                30,
            ],
        )

    @contextmanager
    def observe(self, method: str, metadata: Sequence[tuple[str, str | bytes]]) -> Iterator[Call]:
        """Tell of the call that the block makes, under the caller's trace; the block says how it ends."""
        call = Call(method)
        service, _, name = method[1:].partition("/")
        labels = {"rpc.service": service, "rpc.method": name}
        parent = propagate.extract({key: value for key, value in metadata if isinstance(value, str)})
        start = time.monotonic()
        with self._tracer.start_as_current_span(
            method[1:],
            parent,
            SpanKind.SERVER,
            attributes={"rpc.system": "grpc", **labels},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield call
            finally:
                elapsed = time.monotonic() - start
                outcome = {"rpc.grpc.status_code": call.code.value[0]}
                failure = {"outreach.reason": call.reason} if call.reason else {}
                if span.is_recording():
                    span.set_attributes({**outcome, **failure, "outreach.caller": _subject()})
                    if call.code in _OUR_FAULT:
                        span.set_status(Status(StatusCode.ERROR))
                self._duration.record(elapsed, {**labels, **outcome, **failure})
                _write_line(call, name, elapsed)


def _write_line(call: Call, name: str, elapsed: float) -> None:
    """Tell of commands and failures; reads that went well are many, and measured anyway."""
    write = _log.info
    if call.code in _OUR_FAULT:
        write = _log.error
    elif call.code is grpc.StatusCode.OK and name.startswith(_READS):
        write = _log.debug
    failure = {"reason": call.reason} if call.reason else {}
    write("rpc", method=call.method, code=call.code.name, duration_ms=round(elapsed * 1000, 2), **failure)


def _subject() -> str:
    try:
        return current_caller().subject
    except LookupError:
        return ""
