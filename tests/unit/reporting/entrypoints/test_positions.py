"""Tests of positions in a list of reports."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidRequest
from reporting.application.ports import PagePosition
from reporting.domain.campaigns import Campaign
from reporting.domain.reports import Report
from reporting.entrypoints.positions import read_position, write_position

MAY = "channels/acme/campaigns/may"


@given(st.datetimes(timezones=st.just(UTC)))
def test_round_trip(start_time: datetime) -> None:
    """A position is read as it was written, to the microsecond."""
    written = write_position(Report(Campaign(MAY, start_time), None))

    assert read_position(written) == PagePosition(start_time, MAY)


@given(st.text() | st.integers().map(lambda number: f"{number} {MAY}"))
def test_forged(cursor: str) -> None:
    """Whatever a forged token holds is a position or a bad field, never a fault."""
    found: list[str] = []
    try:
        found.append(read_position(cursor).campaign)
    except InvalidRequest as error:
        found += [field.field for field in error.fields]

    assert found in (["page_token"], [MAY])
