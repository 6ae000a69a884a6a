"""Puts reports into the protos' words; figures come as a `Publishable`, and from nowhere else (architecture 7)."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from outreach.reporting.v1 import report_pb2 as pb
from outreach.type.v1 import count_pb2
from reporting.domain.counts import Count, Rate
from reporting.domain.figures import BubbleFigures, LinkFigures
from reporting.domain.reports import Report
from reporting.domain.thresholds import Publishable

_COUNT_STATES = count_pb2.Count.State


def write_report(report: Report) -> pb.CampaignReport:
    """Write a report."""
    campaign = report.campaign
    written = write_figures(report.figures)
    written.MergeFrom(
        pb.CampaignReport(
            name=f"{campaign.name}/report",
            campaign=campaign.name,
            state=pb.CampaignReport.State.Value(campaign.state.name),
            accept_time=_optional_timestamp(campaign.accept_time),
            publish_time=_optional_timestamp(report.publish_time),
            next_publish_time=_optional_timestamp(campaign.next_publish_time),
            start_time=_optional_timestamp(campaign.start_time),
        )
    )
    return written


def write_figures(publishable: Publishable) -> pb.CampaignReport:
    """Write the part of a report that tells of people."""
    figures = publishable.figures
    return pb.CampaignReport(
        delivered_count=_write_count(figures.delivered),
        opened_count=_write_count(figures.opened),
        clicked_count=_write_count(figures.clicked),
        media_played_count=_write_count(figures.media_played),
        open_rate=_write_rate(figures.open_rate),
        click_rate=_write_rate(figures.click_rate),
        bubbles=[_write_bubble(bubble) for bubble in figures.bubbles],
        links=[_write_link(link) for link in figures.links],
    )


def _write_bubble(bubble: BubbleFigures) -> pb.BubbleReport:
    return pb.BubbleReport(
        sequence=bubble.sequence,
        impression_count=_write_count(bubble.impressions),
        play_count=_write_count(bubble.plays),
        player_count=_write_count(bubble.players),
        completion_count=_write_count(bubble.completions),
    )


def _write_link(link: LinkFigures) -> pb.LinkReport:
    return pb.LinkReport(
        sequence=link.sequence,
        url=link.url,
        click_count=_write_count(link.clicks),
        clicker_count=_write_count(link.clickers),
    )


def _write_count(count: Count) -> count_pb2.Count:
    return count_pb2.Count(value=count.value, state=_COUNT_STATES.Value(count.state.name))


def _write_rate(rate: Rate) -> count_pb2.Rate:
    return count_pb2.Rate(value=rate.value, state=_COUNT_STATES.Value(rate.state.name))


def _optional_timestamp(time: datetime | None) -> Timestamp | None:
    if time is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp
