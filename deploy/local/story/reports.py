"""Chapter 9: days pass, and statistics come that nobody can turn back into people."""

from datetime import timedelta
from typing import Any

from deploy.local.story.campaigns import TERMS
from deploy.local.story.world import CHANNEL, World, announce, await_value, expect, say
from outreach.reporting.v1 import report_pb2
from outreach.type.v1.count_pb2 import Count

SLOTS = {1: timedelta(days=1, hours=1), 3: timedelta(days=2), 7: timedelta(days=4), 14: timedelta(days=7)}
"""The daily slots of publication (V4), each with what is to pass before it."""


async def read_report(world: World) -> None:
    """Let 14 days pass, and read each publication."""
    announce(9, "The clocks move on by days; the report changes at its publications alone")
    request = report_pb2.GetCampaignReportRequest(name=f"{world.measured}/report")
    report = await await_value(
        lambda: world.reports.GetCampaignReport(request), lambda _: True, "the campaign is known"
    )
    say(f"before day 1: {report_pb2.CampaignReport.State.Name(report.state)}")
    for day, span in SLOTS.items():
        seen = report.publish_time
        world.stack.clock.advance(span)
        report = await await_value(
            lambda: world.reports.GetCampaignReport(request),
            lambda found, seen=seen: found.publish_time != seen,  # type: ignore[misc]  # a default binds the loop's value
            f"the publication of day {day}",
        )
        state = report_pb2.CampaignReport.State.Name(report.state)
        say(
            f"day {day:>2}: {state:<9} 到達 {_show(report.delivered_count)}, 開封 {_show(report.opened_count)}, "
            f"クリック {_show(report.clicked_count)}"
        )
    _tell_figures(report)
    listed = await world.reports.ListCampaignReports(report_pb2.ListCampaignReportsRequest(parent=CHANNEL))
    say(f"the channel has {len(listed.campaign_reports)} reports")
    expect(
        any(entry.state == report_pb2.CampaignReport.NOT_DELIVERED for entry in listed.campaign_reports),
        "the failed campaign has nothing to count",
    )


def _tell_figures(report: Any) -> None:
    expect(report.state == report_pb2.CampaignReport.FINAL, "the last publication is out")
    for count in (report.delivered_count, report.opened_count, report.clicked_count):
        expect(count.state == Count.EXACT and count.value >= 20, "delivered, opened and clicked are shown")  # noqa: PLR2004 - V1
    say(f"開封率 {report.open_rate.value:.1%}, クリック率 {report.click_rate.value:.1%}")
    for link in report.links:
        say(f"  {link.url}: {_show(link.clicker_count)} people, {_show(link.click_count)} times")
    rare = [link for link in report.links if link.url == TERMS]
    expect(len(rare) == 1, "the report tells of both links")
    expect(
        rare[0].clicker_count.value == 0 and rare[0].clicker_count.state == Count.HIDDEN,
        "under 20 people: 0, HIDDEN",
    )


def _show(count: Any) -> str:
    return f"{count.value:,} {Count.State.Name(count.state)}"
