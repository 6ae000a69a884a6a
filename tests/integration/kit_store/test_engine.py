"""Tests of tracing SQL."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from kit.store.engine import Database, trace_statements
from kit.store.uow import connected, transaction


@pytest.fixture
def spans(database: Database) -> Iterator[InMemorySpanExporter]:
    """Trace the database's statements into memory."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with trace_statements(database, provider):
        yield exporter


async def test_each_statement_has_one_span(database: Database, spans: InMemorySpanExporter) -> None:
    """The instrumentation really works with this SQLAlchemy, on both pools, once per statement."""
    async with transaction(database.writer) as connection:
        await connection.execute(text("SELECT 1"))
        await connection.execute(text("SELECT 2"))
    async with connected(database.reader) as connection:
        await connection.execute(text("SELECT 3"))

    statements = [(span.attributes or {}).get("db.statement") for span in spans.get_finished_spans()]
    assert [statement for statement in statements if statement] == ["SELECT 1", "SELECT 2", "SELECT 3"]


async def test_spans_hold_no_values(database: Database, spans: InMemorySpanExporter) -> None:
    """Neither a parameter nor the database's complaint about it reaches a trace."""
    insert = text("INSERT INTO inbox (consumer, event_id) VALUES (:consumer, 'e'), (:consumer, 'e')")

    async def violate_the_key() -> None:
        async with transaction(database.writer) as connection:
            await connection.execute(insert, {"consumer": "U1234567890"})

    with pytest.raises(IntegrityError):
        await violate_the_key()

    recorded = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "INSERT INTO inbox" in recorded
    assert "U1234567890" not in recorded
