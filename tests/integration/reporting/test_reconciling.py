"""What no event has told is learned from delivery's list of sends."""

from datetime import UTC
from typing import Any

import grpc
import nats
import pytest

from outreach.delivery.internal.v1.send_list_pb2 import Send
from outreach.delivery.v1.campaign_pb2 import Campaign
from outreach.reporting.v1.report_pb2 import CampaignReport, ListCampaignReportsRequest
from outreach_client.errors import RemoteError
from tests.fakes.reporting_delivery import Refusal
from tests.infrastructure.eventually import eventually
from tests.integration.reporting.serving import (
    ACCEPTED,
    ACME,
    DAY,
    MAY,
    Parts,
    Served,
    find_report,
    listed,
    observed,
    sending,
    serve_reporting,
    timestamp,
)


async def list_reports(api: Any) -> dict[str, CampaignReport]:
    """Return the channel's reports, keyed by campaign."""
    page = await api.ListCampaignReports(ListCampaignReportsRequest(parent=ACME))
    return {report.campaign: report for report in page.campaign_reports}


async def await_campaigns(api: Any, count: int) -> dict[str, CampaignReport]:
    """Return the channel's reports once there are so many."""

    async def find() -> dict[str, CampaignReport] | None:
        reports = await list_reports(api)
        return reports if len(reports) == count else None

    reports = await eventually(find, deadline=30)
    assert reports is not None
    return reports


async def await_passes(served: Served, count: int) -> None:
    """Return once so many pages were read by passes."""

    async def were_read() -> bool:
        return sum(not request.channel for request in served.parts.delivery.listed) >= count

    await eventually(were_read, deadline=15)


async def test_missed_campaigns(served: Served, api: Any) -> None:
    """A day's pass brings every campaign that no event told of, with its state, and its figures follow."""
    await await_passes(served, 1)
    delivery, clock = served.parts.delivery, served.parts.clock
    delivery.sends = [
        listed(f"{ACME}/campaigns/waiting", Campaign.SENDING),
        listed(f"{ACME}/campaigns/cancelled", Campaign.CANCELLED, complete_time=timestamp(ACCEPTED)),
        listed(MAY, Campaign.SUCCEEDED, accept_time=timestamp(ACCEPTED), accept_time_confirmed=True),
    ]
    delivery.answers[MAY] = observed(delivered=200)
    clock.advance(DAY)

    async def are_known() -> dict[str, CampaignReport] | None:
        reports = await list_reports(api)
        return reports if len(reports) == 3 and reports[MAY].HasField("publish_time") else None

    reports = await eventually(are_known, deadline=15)
    assert reports is not None
    assert {name.rpartition("/")[2]: report.state for name, report in reports.items()} == {
        "waiting": CampaignReport.PENDING,
        "cancelled": CampaignReport.NOT_DELIVERED,
        "may": CampaignReport.COUNTING,
    }


async def test_just_ordered(served: Served, api: Any) -> None:
    """Who has ordered a campaign gets its report at once, and its events then change nothing."""
    served.parts.delivery.sends = [listed(MAY, Campaign.SENDING)]
    asked = await find_report(api)
    await served.tell(sending())
    heard = await find_report(api)

    assert asked is not None
    assert asked.state == CampaignReport.PENDING
    assert heard == asked


async def test_not_ordered(served: Served, api: Any) -> None:
    """What delivery does not list is not found; while delivery can't say, the report is unavailable."""
    missing = await find_report(api)
    served.parts.delivery.list_refusal = Refusal(grpc.StatusCode.INTERNAL, "INTERNAL")

    assert missing is None
    with pytest.raises(RemoteError) as caught:
        await find_report(api)
    assert (caught.value.code, caught.value.metadata) == (grpc.StatusCode.UNAVAILABLE, {"dependency": "delivery"})


async def test_long_list(served: Served, api: Any) -> None:
    """A pass over more sends than a page holds hears of all of them, once each."""
    await await_passes(served, 1)
    sends: list[Send] = [listed(f"{ACME}/campaigns/c-{number}", Campaign.SENDING) for number in range(450)]
    served.parts.delivery.sends = sends
    served.parts.clock.advance(DAY)
    await await_passes(served, 4)

    async def are_known() -> bool:
        page = await api.ListCampaignReports(ListCampaignReportsRequest(parent=ACME, page_size=1000))
        return len(page.campaign_reports) == len(sends)

    assert await eventually(are_known, deadline=15)


async def test_lost_stream(served: Served, api: Any) -> None:
    """When NATS has lost delivery's stream, what its events would have told is heard at once, and new events go on."""
    await served.tell(sending(f"{ACME}/campaigns/before"))
    await await_campaigns(api, 1)
    delivery = served.parts.delivery
    delivery.sends = [
        listed(f"{ACME}/campaigns/lost", Campaign.SENDING),
        listed(MAY, Campaign.SUCCEEDED, accept_time=timestamp(ACCEPTED), accept_time_confirmed=True),
    ]
    connection = await nats.connect(served.parts.nats_url)
    await connection.jetstream().delete_stream("delivery")
    await connection.close()
    await served.sends.declare()
    await served.tell(sending(f"{ACME}/campaigns/after"))
    reports = await await_campaigns(api, 4)

    assert {name.rpartition("/")[2] for name in reports} == {"before", "lost", "may", "after"}
    assert reports[MAY].next_publish_time.ToDatetime(UTC) == ACCEPTED + DAY


async def test_outage(parts: Parts) -> None:
    """A service that was away for longer than a day asks for what it has missed when it is back."""
    async with serve_reporting(parts) as served:
        await await_passes(served, 1)
    parts.delivery.sends = [listed(MAY, Campaign.CANCELLED, update_time=timestamp(ACCEPTED + DAY))]
    parts.clock.advance(30 * DAY)
    async with serve_reporting(parts) as served, served.call_as(scope="report.read", channels="*") as api:
        reports = await await_campaigns(api, 1)

    assert reports[MAY].state == CampaignReport.NOT_DELIVERED
