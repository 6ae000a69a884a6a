"""Positions in lists of campaigns as the text inside a page token (AIP-158)."""

from delivery.application.ports import PagePosition
from delivery.domain.campaigns.campaign import Campaign
from delivery.entrypoints.names import CAMPAIGN
from kit.paging import read_moment, write_moment


def write_position(campaign: Campaign) -> str:
    """Write where a page of the newest ends that has this campaign last."""
    return write_moment(campaign.create_time, campaign.name)


def write_change(campaign: Campaign) -> str:
    """Write where a page of the last changed ends that has this campaign last."""
    return write_moment(campaign.update_time, campaign.name)


def read_position(cursor: str) -> PagePosition:
    """Read either back; raises `InvalidRequest`."""
    return PagePosition(*read_moment(cursor, CAMPAIGN))
