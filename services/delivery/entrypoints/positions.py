"""Positions in lists of campaigns as the text inside a page token (AIP-158)."""

from delivery.application.ports import PagePosition
from delivery.domain.campaigns.campaign import Campaign
from delivery.domain.campaigns.sends import Send
from delivery.entrypoints.names import CAMPAIGN
from kit.paging import read_moment, write_moment


def write_position(campaign: Campaign) -> str:
    """Write where a page of the newest ends that has this campaign last."""
    return write_moment(campaign.create_time, campaign.name)


def write_change(send: Send) -> str:
    """Write where a page of the last changed ends that has this one last."""
    return write_moment(send.update_time, send.campaign)


def read_position(cursor: str) -> PagePosition:
    """Read either back; raises `InvalidRequest`."""
    return PagePosition(*read_moment(cursor, CAMPAIGN))
