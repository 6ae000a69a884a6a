"""Statistics keep LINE's nulls as None, and every lookup is one request."""

from datetime import UTC, date, datetime

import pytest

from lineapi.client import LINEClient
from lineapi.errors import RateLimitError, ServerFaultError
from lineapi.insight import Followers
from lineapi.message_event import EventClick, EventMessage, EventOverview, MediaPlays, MessageEvent
from tests.unit.lineapi.stub_line import StubLINE, reply


async def test_followers_ready(client: LINEClient, stub: StubLINE) -> None:
    """A ready day has its three counts; the day is asked for as yyyyMMdd."""
    stub.will(reply(200, {"status": "ready", "followers": 7620, "targetedReaches": 5848, "blocks": 237}))

    followers = await client.insight.get_followers("token", day=date(2026, 1, 9))

    assert stub.received[0].path == "/v2/bot/insight/followers"
    assert stub.received[0].query == {"date": "20260109"}
    assert followers == Followers(status="ready", followers=7620, targeted_reaches=5848, blocks=237)


async def test_followers_unready(client: LINEClient, stub: StubLINE) -> None:
    """A day that is not counted yet has None, never 0."""
    stub.will(reply(200, {"status": "unready", "followers": None, "targetedReaches": None, "blocks": None}))

    assert await client.insight.get_followers("token", day=date(2026, 1, 9)) == Followers(status="unready")


async def test_message_event(client: LINEClient, stub: StubLINE) -> None:
    """All figures of a message are read, in times and in users."""
    stub.will(
        reply(
            200,
            {
                "overview": {
                    "requestId": "r-1",
                    "timestamp": 1_600_000_000,
                    "delivered": 320,
                    "uniqueImpression": 82,
                    "uniqueClick": 51,
                    "uniqueMediaPlayed": 40,
                    "uniqueMediaPlayed100Percent": 20,
                },
                "messages": [
                    {
                        "seq": 1,
                        "impression": 136,
                        "mediaPlayed": 60,
                        "mediaPlayed25Percent": 59,
                        "mediaPlayed50Percent": 58,
                        "mediaPlayed75Percent": 57,
                        "mediaPlayed100Percent": 56,
                        "uniqueMediaPlayed": 40,
                        "uniqueMediaPlayed25Percent": 39,
                        "uniqueMediaPlayed50Percent": 38,
                        "uniqueMediaPlayed75Percent": 37,
                        "uniqueMediaPlayed100Percent": 36,
                    }
                ],
                "clicks": [
                    {
                        "seq": 1,
                        "url": "https://example.com/",
                        "click": 59,
                        "uniqueClick": 51,
                        "uniqueClickOfRequest": 51,
                    }
                ],
            },
        )
    )

    event = await client.insight.get_message_event("token", "r-1")

    assert stub.received[0].path == "/v2/bot/insight/message/event"
    assert stub.received[0].query == {"requestId": "r-1"}
    assert event == MessageEvent(
        overview=EventOverview(
            request_id="r-1",
            timestamp=datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC),
            delivered=320,
            unique_impression=82,
            unique_click=51,
            unique_media_played=40,
            unique_media_played_100_percent=20,
        ),
        messages=(
            EventMessage(
                seq=1,
                impression=136,
                plays=MediaPlays(started=60, percent_25=59, percent_50=58, percent_75=57, percent_100=56),
                unique_plays=MediaPlays(started=40, percent_25=39, percent_50=38, percent_75=37, percent_100=36),
            ),
        ),
        clicks=(EventClick(seq=1, url="https://example.com/", click=59, unique_click=51, unique_click_of_request=51),),
    )


async def test_hidden_figures(client: LINEClient, stub: StubLINE) -> None:
    """Null and absent figures are None; `delivered` is shown even below 20."""
    stub.will(
        reply(
            200,
            {
                "overview": {"requestId": "r-1", "timestamp": 1_600_000_000, "delivered": 7, "uniqueImpression": None},
                "messages": [{"seq": 1, "impression": None}],
                "clicks": [{"seq": 1, "url": "https://example.com/", "click": None}],
            },
        )
    )

    event = await client.insight.get_message_event("token", "r-1")

    assert event.overview.delivered == 7
    assert event.overview.unique_impression is None
    assert event.overview.unique_click is None
    assert event.messages == (EventMessage(seq=1, impression=None, plays=MediaPlays(), unique_plays=MediaPlays()),)
    assert event.clicks[0].click is None
    assert event.clicks[0].unique_click is None


async def test_nothing_counted_yet(client: LINEClient, stub: StubLINE) -> None:
    """Before all are sent even `delivered` is null, and the arrays are empty."""
    stub.will(reply(200, {"overview": {"requestId": "r-1", "delivered": None}, "messages": [], "clicks": []}))

    event = await client.insight.get_message_event("token", "r-1")

    assert event == MessageEvent(EventOverview(request_id="r-1"), (), ())


async def test_budget_is_the_callers(client: LINEClient, stub: StubLINE) -> None:
    """A fault is not asked again behind the caller's back: 60 an hour are few."""
    stub.will(reply(500), reply(429, {"message": "The API rate limit has been exceeded. Try again later."}))

    with pytest.raises(ServerFaultError):
        await client.insight.get_message_event("token", "r-1")
    with pytest.raises(RateLimitError):
        await client.insight.get_followers("token", day=date(2026, 1, 9))

    assert len(stub.received) == 2
