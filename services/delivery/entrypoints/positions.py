"""Positions in a list of campaigns as the text inside a page token (AIP-158)."""

from datetime import UTC, datetime, timedelta

from delivery.application.ports import PagePosition
from delivery.domain.campaign import Campaign
from delivery.entrypoints.names import CAMPAIGN
from kit.errors import FieldViolation, InvalidRequest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def write_position(campaign: Campaign) -> str:
    """Write where a page ends that has this campaign last: its creation in microseconds, and its name."""
    return f"{(campaign.create_time - _EPOCH) // _MICROSECOND} {campaign.name}"


def read_position(cursor: str) -> PagePosition:
    """Read it back; a token proves nothing of who wrote it. Raises `InvalidRequest`."""
    start, _, name = cursor.partition(" ")
    try:
        create_time = _EPOCH + int(start) * _MICROSECOND
    except (ValueError, OverflowError):
        raise _malformed() from None
    if not CAMPAIGN.matches(name):
        raise _malformed()
    return PagePosition(create_time, name)


def _malformed() -> InvalidRequest:
    description = "must be the next_page_token of a call with the same arguments"
    return InvalidRequest([FieldViolation("page_token", description, "MALFORMED_TOKEN")])
