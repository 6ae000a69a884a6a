"""Positions in a list of reports as the text inside a page token (AIP-158)."""

from kit.paging import read_moment, write_moment
from reporting.application.ports import PagePosition
from reporting.domain.reports import Report
from reporting.entrypoints.names import CAMPAIGN


def write_position(report: Report) -> str:
    """Write where a page ends that has this report last."""
    return write_moment(report.campaign.start_time, report.campaign.name)


def read_position(cursor: str) -> PagePosition:
    """Read it back; raises `InvalidRequest`."""
    return PagePosition(*read_moment(cursor, CAMPAIGN))
