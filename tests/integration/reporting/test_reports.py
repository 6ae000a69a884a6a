"""Reports from delivery's facts and figures to callers and consumers."""

import json
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import grpc
import nats
import pytest
from google.protobuf.message import Message
from sqlalchemy import func, select

from kit.events.schema import DEAD_LETTERS, INBOX, OUTBOX
from kit.store.engine import open_database
from kit.store.uow import connected
from outreach.delivery.internal.v1.send_observation_pb2 import RequestObservation
from outreach.delivery.v1.campaign_pb2 import Campaign
from outreach.delivery.v1.delivery_events_pb2 import CampaignCreated
from outreach.reporting.v1.report_pb2 import CampaignReport, ListCampaignReportsRequest
from outreach.type.v1.count_pb2 import Count, Rate
from reporting.adapters.tables import CAMPAIGNS, PUBLICATIONS
from tests.fakes.reporting_delivery import Refusal
from tests.infrastructure.eventually import eventually
from tests.integration.reporting.serving import (
    ACCEPTED,
    ACME,
    DAY,
    MAY,
    Served,
    accepted,
    cancelled,
    expired,
    failed,
    find_report,
    observed,
    sending,
    succeeded,
    uncertain,
)

NOT_YET = Count(state=Count.NOT_YET)
HIDDEN = Count(state=Count.HIDDEN)
URL = "https://shop.example/a"


def exact(value: int) -> Count:
    """Return a count that is shown."""
    return Count(value=value, state=Count.EXACT)


async def count_rows(served: Served, *tables: Any) -> list[int]:
    """Return how many rows the tables have."""
    database = open_database(served.parts.database_url, application_name="tests")
    try:
        async with connected(database.reader) as connection:
            return [await connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables]
    finally:
        await database.close()


async def await_state(api: Any, state: CampaignReport.State.ValueType, campaign: str = MAY) -> CampaignReport:
    """Return the report once it has a state."""

    async def find() -> CampaignReport | None:
        report = await find_report(api, campaign)
        return report if report is not None and report.state == state else None

    report = await eventually(find, deadline=15)
    assert report is not None
    return report


async def await_events(served: Served, count: int) -> None:
    """Return once that many events were handled."""

    async def were_handled() -> bool:
        return (await count_rows(served, INBOX))[0] >= count

    await eventually(were_handled, deadline=15)


async def test_ordered(served: Served, api: Any) -> None:
    """From its order on a campaign has a report, and stands in the channel's list."""
    await served.tell(sending())
    report = await await_state(api, CampaignReport.PENDING)
    page = await api.ListCampaignReports(ListCampaignReportsRequest(parent=ACME))

    assert report.start_time.ToDatetime() == ACCEPTED.replace(tzinfo=None)
    assert not any(report.HasField(time) for time in ("accept_time", "publish_time", "next_publish_time"))
    assert report.delivered_count == NOT_YET
    assert list(page.campaign_reports) == [report]


async def test_accepted(served: Served, api: Any) -> None:
    """An accepted campaign has a report without figures that says when the first ones come."""
    await served.tell(accepted())
    report = await await_state(api, CampaignReport.PENDING)

    assert (report.name, report.campaign) == (f"{MAY}/report", MAY)
    assert report.accept_time.ToDatetime() == ACCEPTED.replace(tzinfo=None)
    assert report.next_publish_time.ToDatetime() == (ACCEPTED + DAY).replace(tzinfo=None)
    assert not report.HasField("publish_time")
    assert [report.delivered_count, report.opened_count, report.clicked_count, report.media_played_count] == [
        NOT_YET
    ] * 4
    assert report.open_rate == report.click_rate == Rate(state=Count.NOT_YET)


async def test_repeated_facts_have_one_effect(served: Served, api: Any) -> None:
    """Facts that come twice, in any order, lead to one campaign; what concerns others leaves no trace."""
    await served.tell(CampaignCreated(campaign=f"{ACME}/campaigns/draft"))
    await served.tell(succeeded())
    event_id = await served.tell(accepted())
    await served.tell(accepted(), event_id=event_id)
    await served.tell(accepted())
    await await_events(served, 4)
    report = await find_report(api)

    assert report is not None
    assert report.state == CampaignReport.PENDING
    assert await count_rows(served, CAMPAIGNS, DEAD_LETTERS) == [1, 0]
    assert await find_report(api, f"{ACME}/campaigns/draft") is None


@pytest.mark.parametrize("end", [failed, cancelled, expired])
@pytest.mark.parametrize("end_first", [True, False])
async def test_not_delivered(
    served: Served,
    api: Any,
    end: Callable[[], Message],
    end_first: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """A campaign that was not delivered, cancelled or expired has nothing to count, whichever fact comes first."""
    facts = [end(), sending(), accepted()] if end is failed else [end(), sending()]
    for fact in facts if end_first else reversed(facts):
        await served.tell(fact)
    await await_events(served, len(facts))
    served.parts.clock.advance(20 * DAY)
    report = await await_state(api, CampaignReport.NOT_DELIVERED)

    assert report.delivered_count == NOT_YET
    assert not report.HasField("next_publish_time")
    assert served.parts.delivery.asked == []


@pytest.mark.parametrize(
    "outcome", [failed(reason=Campaign.Failure.GIVEN_UP), uncertain(), uncertain(accept_time=ACCEPTED)]
)
async def test_unknown_outcome(served: Served, api: Any, outcome: Message) -> None:
    """What LINE accepted is counted while its outcome is unknown or given up: people may have got it."""
    await served.tell(accepted())
    await served.tell(outcome)
    await await_events(served, 2)

    assert (await await_state(api, CampaignReport.PENDING)).HasField("next_publish_time")


async def test_own_time_of_line(served: Served, api: Any) -> None:
    """LINE's own time of acceptance moves what was not published yet, and is what the report tells."""
    served.parts.delivery.answers[MAY] = observed(delivered=200)
    learned = ACCEPTED + timedelta(hours=20)
    await served.tell(accepted(at=learned))
    await await_state(api, CampaignReport.PENDING)
    served.parts.clock.set(learned + DAY)
    first = await await_state(api, CampaignReport.COUNTING)
    await served.tell(succeeded())
    await await_events(served, 2)
    second = await find_report(api)

    assert first.next_publish_time.ToDatetime(UTC) == learned + 3 * DAY
    assert second is not None
    assert second.accept_time.ToDatetime(UTC) == ACCEPTED
    assert second.next_publish_time.ToDatetime(UTC) == ACCEPTED + 3 * DAY
    assert second.publish_time == first.publish_time


async def test_sent_again(served: Served, api: Any) -> None:
    """A campaign that a person has sent again after its last publication is published anew."""
    served.parts.delivery.answers[MAY] = observed(delivered=200)
    for fact in (sending(), accepted(), uncertain(at=ACCEPTED + 14 * DAY, accept_time=ACCEPTED)):
        await served.tell(fact)
    await await_events(served, 3)
    served.parts.clock.set(ACCEPTED + 14 * DAY)
    await await_state(api, CampaignReport.FINAL)
    for fact in (sending(at=ACCEPTED + 15 * DAY), accepted(at=ACCEPTED + 15 * DAY)):
        await served.tell(fact)
    counting = await await_state(api, CampaignReport.COUNTING)
    served.parts.clock.set(ACCEPTED + 29 * DAY)
    final = await await_state(api, CampaignReport.FINAL)

    assert counting.delivered_count == final.delivered_count == exact(200)
    assert final.publish_time.ToDatetime(UTC) == ACCEPTED + 29 * DAY
    assert await count_rows(served, PUBLICATIONS) == [2]


async def test_unreadable_facts_are_buried(served: Served) -> None:
    """A fact with a malformed name or without its time goes to the dead letters and stops nothing."""
    await served.tell(accepted(f"{ACME}/campaigns/MAY"))
    nameless = accepted()
    nameless.ClearField("accept_time")
    await served.tell(nameless)

    async def were_buried() -> bool:
        return await count_rows(served, DEAD_LETTERS) == [2]

    await eventually(were_buried, deadline=15)
    assert await count_rows(served, CAMPAIGNS) == [0]


async def test_published_report(served: Served, api: Any) -> None:
    """At its first slot a report shows what may be shown, and a URL with few clickers hides its figures."""
    served.parts.delivery.answers[MAY] = observed(
        delivered=200,
        unique_impression=100,
        unique_click=40,
        bubbles=[RequestObservation.Bubble(sequence=1, impression=150)],
        links=[
            RequestObservation.Link(sequence=1, url=URL, click=50, unique_click=35),
            RequestObservation.Link(sequence=1, url=f"{URL}/b"),
        ],
    )
    await served.tell(accepted())
    await await_state(api, CampaignReport.PENDING)
    served.parts.clock.advance(DAY)
    report = await await_state(api, CampaignReport.COUNTING)

    assert [report.delivered_count, report.opened_count, report.clicked_count] == [exact(200), exact(100), exact(40)]
    assert report.media_played_count == HIDDEN
    assert report.open_rate == Rate(value=0.5, state=Count.EXACT)
    assert report.click_rate == Rate(value=0.2, state=Count.EXACT)
    assert [(bubble.sequence, bubble.impression_count, bubble.play_count) for bubble in report.bubbles] == [
        (1, exact(150), HIDDEN)
    ]
    assert [(link.sequence, link.url, link.click_count, link.clicker_count) for link in report.links] == [
        (1, URL, exact(50), exact(35)),
        (1, f"{URL}/b", HIDDEN, HIDDEN),
    ]
    assert report.publish_time.ToDatetime() == (ACCEPTED + DAY).replace(tzinfo=None)
    assert report.next_publish_time.ToDatetime() == (ACCEPTED + 3 * DAY).replace(tzinfo=None)
    assert all(token.startswith("Bearer ") for token in served.parts.delivery.tokens)


async def test_counting_to_the_end(served: Served, api: Any) -> None:
    """Four publications follow each other, each tells its event, and the last one is final."""
    await served.tell(accepted())
    await await_state(api, CampaignReport.PENDING)
    shown = []
    for number, day in enumerate((1, 3, 7, 14), start=1):
        served.parts.delivery.answers[MAY] = observed(delivered=500, unique_impression=100 + 15 * number)
        served.parts.clock.set(ACCEPTED + day * DAY)

        async def was_published(count: int = number) -> bool:
            return await count_rows(served, PUBLICATIONS) == [count]

        await eventually(was_published, deadline=15)
        report = await find_report(api)
        assert report is not None
        shown.append((report.state, report.opened_count.value))

    assert shown == [
        (CampaignReport.COUNTING, 115),
        (CampaignReport.COUNTING, 115),
        (CampaignReport.COUNTING, 145),
        (CampaignReport.FINAL, 145),
    ]
    assert await count_rows(served, OUTBOX) == [4]


async def test_report_event(served: Served, api: Any) -> None:
    """Whoever listens on the channel's subject learns the published counts, and no others."""
    served.parts.delivery.answers[MAY] = observed(delivered=200, unique_impression=100, unique_click=19)
    await served.tell(accepted())
    await await_state(api, CampaignReport.PENDING)
    served.parts.clock.advance(14 * DAY)
    await await_state(api, CampaignReport.FINAL)
    connection = await nats.connect(served.parts.nats_url)
    subscription = await connection.jetstream().subscribe("outreach.reporting.v1.acme.report.published")
    message = await subscription.next_msg(timeout=10)
    await connection.close()

    assert json.loads(message.data) == {
        "report": f"{MAY}/report",
        "state": "FINAL",
        "publishTime": "2026-05-15T01:00:00Z",
        "deliveredCount": {"value": "200", "state": "EXACT"},
        "openedCount": {"value": "100", "state": "EXACT"},
        "clickedCount": {"state": "HIDDEN"},
    }
    assert (message.headers or {})["ce-type"] == "outreach.reporting.v1.ReportPublished"


async def test_insight_budget(served: Served, api: Any) -> None:
    """When the hour's calls are used up, delivery is left alone for as long as it says, and then asked again."""
    delivery, clock = served.parts.delivery, served.parts.clock
    delivery.refusal = Refusal(
        grpc.StatusCode.RESOURCE_EXHAUSTED, "INSIGHT_BUDGET_EXHAUSTED", wait=timedelta(minutes=30)
    )
    await served.tell(accepted())
    await await_state(api, CampaignReport.PENDING)
    clock.advance(DAY)

    async def was_postponed() -> bool:
        postponed = select(CAMPAIGNS).where(CAMPAIGNS.c.failure_count == 1).subquery()
        return await count_rows(served, postponed) == [1]

    await eventually(was_postponed, deadline=15)
    clock.advance(timedelta(minutes=29))
    delivery.answers[MAY] = observed(delivered=100)
    clock.advance(timedelta(minutes=1))
    report = await await_state(api, CampaignReport.COUNTING)

    assert delivery.asked == [MAY] * 2
    assert report.delivered_count == exact(100)


async def test_pages(served: Served, api: Any) -> None:
    """Reports are listed the newest campaign first, page by page, each once, of one channel only."""
    names = [f"{ACME}/campaigns/c-{number}" for number in range(5)]
    for number, name in enumerate(names):
        # Two of them begin at the same moment.
        await served.tell(accepted(name, at=ACCEPTED - max(number, 1) * DAY))
    await served.tell(accepted("channels/other/campaigns/c-1"))
    await await_events(served, 6)
    found, token, pages = [], "", 0
    while pages == 0 or token:
        page = await api.ListCampaignReports(ListCampaignReportsRequest(parent=ACME, page_size=2, page_token=token))
        found += [report.campaign for report in page.campaign_reports]
        token, pages = page.next_page_token, pages + 1

    assert found == [names[1], names[0], *names[2:]]
    assert pages == 3
