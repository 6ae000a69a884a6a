"""The rate limits of HS 4, measured from outside with a clock that the tests move."""

from dataclasses import replace

import aiohttp
import pytest

from sandbox.hubspot.settings import HubSpotSettings, RateLimitBody
from tests.contract.sandbox.hubspot.conftest import Shop
from tests.contract.sandbox.hubspot.serving import TOKEN

LIST = "/crm/v3/lists/1"
SEARCH = "/crm/v3/lists/search"


@pytest.fixture
def limited(shop: Shop) -> Shop:
    """Give the shop's account small limits."""
    shop.running.hubspot.settings = HubSpotSettings(burst_limit=3, day_limit=10, search_limit=2)
    return shop


async def statuses(raw: aiohttp.ClientSession, count: int, path: str = LIST) -> list[int]:
    """Call the same path several times."""
    found = []
    for _ in range(count):
        async with raw.request("POST" if path == SEARCH else "GET", path, json={}) as answer:
            found.append(answer.status)
    return found


async def test_rolling_window(raw: aiohttp.ClientSession, limited: Shop) -> None:
    """No more than the limit fits into any ten seconds; refused calls take no room."""
    first = await statuses(raw, 2)
    limited.running.clock.advance(6)
    second = await statuses(raw, 3)
    limited.running.clock.advance(4)
    third = await statuses(raw, 3)

    assert (first, second, third) == ([200, 200], [200, 429, 429], [200, 200, 429])


async def test_headers_count_down(raw: aiohttp.ClientSession, limited: Shop) -> None:
    """Every answer but that of a search tells what is left."""
    async with raw.get(LIST) as answer:
        headers = answer.headers
    async with raw.post(SEARCH, json={}) as search:
        search_headers = search.headers

    assert limited
    assert headers["X-HubSpot-RateLimit-Max"] == "3"
    assert headers["X-HubSpot-RateLimit-Remaining"] == "2"
    assert headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert (headers["X-HubSpot-RateLimit-Daily"], headers["X-HubSpot-RateLimit-Daily-Remaining"]) == ("10", "9")
    assert "X-HubSpot-RateLimit-Max" not in search_headers


async def test_searches_have_their_own_limit(raw: aiohttp.ClientSession, limited: Shop) -> None:
    """Searches are limited per second and leave the burst window alone."""
    searches = await statuses(raw, 3, SEARCH)
    others = await statuses(raw, 3)
    limited.running.clock.advance(1)
    later = await statuses(raw, 1, SEARCH)

    assert (searches, others, later) == ([200, 200, 429], [200, 200, 200], [200])


async def test_burst_is_per_app_and_day_per_account(raw: aiohttp.ClientSession, limited: Shop) -> None:
    """A second app has a window of its own, and shares the account's day."""
    limited.running.hubspot.issue_token("pat-sandbox-second", limited.account)
    used = await statuses(raw, 4)
    second = {"Authorization": "Bearer pat-sandbox-second"}
    async with raw.get(LIST, headers=second) as answer:
        left = answer.headers["X-HubSpot-RateLimit-Daily-Remaining"]

    assert used == [200, 200, 200, 429]
    assert (answer.status, left) == (200, "6")


async def test_day_ends_at_the_accounts_midnight(raw: aiohttp.ClientSession, limited: Shop) -> None:
    """The day's budget is refused as DAILY until midnight in the account's time zone."""
    limited.running.hubspot.settings = replace(limited.running.hubspot.settings, burst_limit=None)
    used = await statuses(raw, 11)
    async with raw.get(LIST) as refused:
        body = await refused.json()
    limited.running.clock.advance(12 * 3600 - 1)  # noon in Japan, as the clock starts at 03:00 UTC
    before_midnight = await statuses(raw, 1)
    limited.running.clock.advance(1)
    after_midnight = await statuses(raw, 1)

    assert used == [200] * 10 + [429]
    assert (body["policyName"], body["message"]) == ("DAILY", "You have reached your daily limit.")
    assert (before_midnight, after_midnight) == ([429], [200])


async def test_both_bodies(raw: aiohttp.ClientSession, limited: Shop) -> None:
    """A 429 has the policy form, or the category form; Retry-After only when switched on."""
    await statuses(raw, 3)
    async with raw.get(LIST) as policy:
        policy_body = await policy.json()
    limited.running.hubspot.settings = replace(
        limited.running.hubspot.settings, rate_limit_body=RateLimitBody.CATEGORY, retry_after_seconds=7
    )
    async with raw.get(LIST) as category:
        category_body = await category.json()

    assert policy_body.keys() == {"status", "message", "errorType", "policyName", "correlationId", "requestId"}
    assert policy_body["policyName"] == "TEN_SECONDLY_ROLLING"
    assert policy_body["message"] == "You have reached your ten_secondly_rolling limit."
    assert "Retry-After" not in policy.headers
    assert category_body.keys() == {"status", "message", "category", "correlationId"}
    assert category_body["category"] == "RATE_LIMITS"
    assert category.headers["Retry-After"] == "7"


async def test_refused_token_takes_no_room(raw: aiohttp.ClientSession, limited: Shop) -> None:
    """Calls that are not let in are not counted."""
    limited.running.hubspot.issue_token(TOKEN, limited.account, scopes=[])
    refused = await statuses(raw, 5)
    limited.running.hubspot.issue_token(TOKEN, limited.account)

    assert refused == [403] * 5
    assert await statuses(raw, 3) == [200] * 3
