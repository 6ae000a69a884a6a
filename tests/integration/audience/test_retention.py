"""How long the audience service keeps who was given LINE tokens."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, select

from audience.adapters.retention import RULES
from audience.adapters.tables import TOKEN_ISSUES
from kit.store.engine import open_database
from kit.store.retention import Retention, sweep
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)

(OF_TOKENS,) = [rule for rule in RULES if rule.table is TOKEN_ISSUES and isinstance(rule, Retention)]


async def test_token_issues_go_by_business_time(database_url: str) -> None:
    """Issues of the last 90 days are on record, in the time that they are stored in; older ones go."""
    database = open_database(database_url, application_name="test")
    ages = [timedelta(days=89), timedelta(days=90), timedelta(days=90, seconds=1), timedelta(days=400)]
    rows = [{"channel": "channels/acme", "caller": "service:delivery", "issue_time": NOW - age} for age in ages]
    async with database.writer.begin() as connection:
        await connection.execute(insert(TOKEN_ISSUES), rows)
    swept = await sweep(database.writer, OF_TOKENS, clock=FakeClock(NOW))
    async with database.reader.connect() as connection:
        oldest = await connection.scalar(select(func.min(TOKEN_ISSUES.c.issue_time)))
    await database.close()

    assert swept == 2
    assert oldest == NOW - timedelta(days=90)
