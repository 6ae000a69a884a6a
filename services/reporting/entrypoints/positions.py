"""Positions in a list of reports as the text inside a page token (AIP-158)."""

from datetime import UTC, datetime, timedelta

from kit.errors import FieldViolation, InvalidRequest
from reporting.application.ports import PagePosition
from reporting.domain.reports import Report
from reporting.entrypoints.names import CAMPAIGN

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def write_position(report: Report) -> str:
    """Write where a page ends that has this report last: the start in microseconds, and the campaign."""
    return f"{(report.campaign.start_time - _EPOCH) // _MICROSECOND} {report.campaign.name}"


def read_position(cursor: str) -> PagePosition:
    """Read it back; a token proves nothing of who wrote it, so neither part is believed.

    Raises:
        InvalidRequest: the text is no position.

    """
    start, _, campaign = cursor.partition(" ")
    try:
        start_time = _EPOCH + int(start) * _MICROSECOND
    except (ValueError, OverflowError):
        raise _malformed() from None
    if not CAMPAIGN.matches(campaign):
        raise _malformed()
    return PagePosition(start_time, campaign)


def _malformed() -> InvalidRequest:
    description = "must be the next_page_token of a call with the same arguments"
    return InvalidRequest([FieldViolation("page_token", description, "MALFORMED_TOKEN")])
