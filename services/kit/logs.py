"""JSON log lines with trace ids and the caller, and without anybody's personal data (requirement N6)."""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from typing import TextIO

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger

from kit.callers import current_caller

# What LINE calls a user (LP 1): one never belongs in a log, and a line that holds one by mistake loses it here.
_LINE_USER_ID = re.compile(r"U[0-9a-f]{32}")
_WITHHELD = "[withheld]"

_JSON = json.JSONEncoder(default=repr, ensure_ascii=False)


def configure_logs(stream: TextIO = sys.stdout) -> None:
    """Send every log line of the process to `stream`: structlog's, and those of libraries that use `logging`."""
    structlog.configure(
        processors=[*_processors(), _render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *_processors()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # One line per request is telemetry's task, and URLs hold what callers sent.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        add_trace,
        add_caller,
        describe_exception,
    ]


def add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add the ids of the present span, in the W3C form."""
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event["trace_id"] = trace.format_trace_id(span.trace_id)
        event["span_id"] = trace.format_span_id(span.span_id)
    return event


def add_caller(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add the subject of the present call (architecture 9)."""
    with suppress(LookupError):
        event.setdefault("caller", current_caller().subject)
    return event


def describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by where it was raised, its causes behind it.

    Its message stays out: drivers and vendors quote rows, parameters and addresses in theirs.
    """
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    error = raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        event["exceptions"] = [_describe(link) for link in _chain(error)]
    return event


def _describe(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    return {"type": name, "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _render(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Write the line; scrubbed as a whole, so that no value escapes by its type or its depth."""
    return _LINE_USER_ID.sub(_WITHHELD, _JSON.encode(event))
