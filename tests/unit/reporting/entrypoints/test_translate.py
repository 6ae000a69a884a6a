"""Tests of what leaves the service: nothing but what passed the thresholds."""

import inspect
from datetime import UTC, datetime
from typing import get_type_hints

from outreach.reporting.v1 import report_pb2 as pb
from outreach.type.v1.count_pb2 import Count, Rate
from reporting.domain.campaigns import Campaign
from reporting.domain.observations import LinkObservation, Totals
from reporting.domain.reports import Publication, Report
from reporting.domain.thresholds import Publishable, publish
from reporting.entrypoints.translate import write_figures, write_report

ACCEPTED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
MAY = "channels/acme/campaigns/may"
TOTALS = Totals(delivered=40, unique_impression=30, links=(LinkObservation(2, "https://shop.example/a", 9, 3),))


def test_figures() -> None:
    """Each figure is written beside the state that says how to read it."""
    written = write_figures(publish(TOTALS))

    assert written.delivered_count == Count(value=40, state=Count.EXACT)
    assert written.clicked_count == Count(state=Count.HIDDEN)
    assert written.open_rate == Rate(value=0.75, state=Count.EXACT)
    assert list(written.links) == [
        pb.LinkReport(
            sequence=2,
            url="https://shop.example/a",
            click_count=Count(state=Count.HIDDEN),
            clicker_count=Count(state=Count.HIDDEN),
        )
    ]


def test_failed_campaign_shows_no_figures() -> None:
    """A campaign that turned out not to be delivered shows no figures, though some were published."""
    campaign = Campaign(MAY, ACCEPTED).hear_accepted(ACCEPTED).publish(1).hear_failed(ACCEPTED)
    written = write_report(Report(campaign, Publication(MAY, 1, ACCEPTED, publish(TOTALS))))

    assert written.state == pb.CampaignReport.NOT_DELIVERED
    assert written.delivered_count == Count(state=Count.NOT_YET)
    assert not written.HasField("publish_time")


def test_figures_come_as_publishable_only() -> None:
    """What writes figures of people, and what publishes them, takes nothing but a `Publishable` (ST 5)."""
    assert list(inspect.signature(write_figures).parameters) == ["publishable"]
    assert get_type_hints(write_figures)["publishable"] is Publishable
    assert get_type_hints(Publication)["figures"] is Publishable
