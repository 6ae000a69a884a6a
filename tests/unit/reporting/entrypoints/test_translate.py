"""Tests of what leaves the service: nothing but what passed the thresholds."""

import inspect
from datetime import UTC, datetime
from typing import get_type_hints

import pytest

from outreach.reporting.v1 import report_pb2 as pb
from outreach.type.v1.count_pb2 import Count, Rate
from reporting.domain.campaigns import Campaign, Slot
from reporting.domain.observations import LinkObservation, Totals
from reporting.domain.reports import Publication, Report
from reporting.domain.rounds import Fact, FactKind
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


@pytest.mark.parametrize(
    ("outcome", "state", "count"),
    [
        (FactKind.ENDED, pb.CampaignReport.NOT_DELIVERED, Count.NOT_YET),
        (FactKind.SENT, pb.CampaignReport.COUNTING, Count.EXACT),
    ],
)
def test_outcome(outcome: FactKind, state: pb.CampaignReport.State.ValueType, count: Count.State.ValueType) -> None:
    """A campaign that turned out not to be delivered shows no figures, though some were published."""
    campaign = Campaign(MAY, ACCEPTED).hear(Fact(FactKind.ACCEPTED, ACCEPTED))
    campaign = campaign.publish(Slot(1, ACCEPTED, 1)).hear(Fact(outcome, ACCEPTED))
    written = write_report(Report(campaign, Publication(MAY, 1, 1, ACCEPTED, publish(TOTALS))))

    assert (written.state, written.delivered_count.state) == (state, count)
    assert written.HasField("publish_time") is (outcome is FactKind.SENT)


def test_ordered_campaign() -> None:
    """From its order on a campaign is reported on, without times that are not known."""
    written = write_report(Report(Campaign(MAY, ACCEPTED).hear(Fact(FactKind.ORDERED, ACCEPTED)), None))

    assert (written.state, written.delivered_count.state) == (pb.CampaignReport.PENDING, Count.NOT_YET)
    assert written.start_time.ToDatetime(UTC) == ACCEPTED
    assert not any(written.HasField(field) for field in ("accept_time", "publish_time", "next_publish_time"))


def test_campaign_without_figures() -> None:
    """Of a campaign that was sent by a person's word alone, LINE tells nothing, which is not to be awaited."""
    campaign = Campaign(MAY, ACCEPTED).hear(Fact(FactKind.ORDERED, ACCEPTED), Fact(FactKind.SENT, ACCEPTED))
    written = write_report(Report(campaign, None))

    assert written.state == pb.CampaignReport.NO_FIGURES
    assert written.delivered_count == written.opened_count == Count(state=Count.NO_LONGER)
    assert written.open_rate == Rate(state=Count.NO_LONGER)


def test_figures_come_as_publishable_only() -> None:
    """What writes figures of people, and what publishes them, takes nothing but a `Publishable` (ST 5)."""
    assert list(inspect.signature(write_figures).parameters) == ["publishable"]
    assert get_type_hints(write_figures)["publishable"] is Publishable
    assert get_type_hints(Publication)["figures"] is Publishable
