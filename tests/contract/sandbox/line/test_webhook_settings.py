"""The webhook settings API (LP 8.8), by the official SDK and by plain HTTP."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linebot.v3 import WebhookParser, messaging

from tests.contract.sandbox.line.driver import CHANNEL_ID, SECRET, START, OfficialAccount, user_id
from tests.contract.sandbox.line.receiver import (
    SETTINGS,
    Receiver,
    bodies,
    listen,
    read_settled,
)

TEST = "/v2/bot/channel/webhook/test"
CHANNEL = f"/line/channels/{CHANNEL_ID}"
UNSET = {"message": "Webhook endpoint not found"}


async def test_the_sdk_sets_gets_and_tests_the_endpoint(oa: OfficialAccount, receiver: Receiver) -> None:
    """The SDK's models fit; the test really calls the endpoint, with no events and a signature that holds."""
    request = messaging.SetWebhookEndpointRequest(endpoint=receiver.url)
    await oa.sdk(lambda sdk: sdk.messaging.set_webhook_endpoint(request))
    shown = await oa.sdk(lambda sdk: sdk.messaging.get_webhook_endpoint())
    result = await oa.sdk(lambda sdk: sdk.messaging.test_webhook_endpoint())
    [post] = receiver.posts
    payload = WebhookParser(SECRET).parse(post.body.decode(), post.signature, as_payload=True)

    assert (shown.endpoint, shown.active) == (receiver.url, True)
    assert (result.success, result.status_code, result.reason, result.detail) == (True, 200, "OK", "200")
    assert result.timestamp == START
    assert (payload.events, payload.destination) == ([], (await oa.control("GET", CHANNEL))["bot_user_id"])


async def test_an_unset_endpoint_is_not_found(oa: OfficialAccount) -> None:
    """Without an endpoint there is nothing to show or to test; one given with the test needs no setting."""
    shown, tested = await oa.call("GET", SETTINGS), await oa.call("POST", TEST, body={})
    async with listen() as other:
        given = await oa.call("POST", TEST, body={"endpoint": other.url})

    assert (shown.status, shown.body) == (tested.status, tested.body) == (404, UNSET)
    assert (given.body["success"], len(other.posts)) == (True, 1)


async def test_channels_may_start_without_webhooks(bot: OfficialAccount, receiver: Receiver) -> None:
    """Events go out only while the webhook is used: a switch says so at first, then the developer."""
    await bot.change_settings(webhook_active_at_first=False)
    await bot.befriend(1)
    shown = await bot.call("GET", SETTINGS)
    await bot.control("POST", "webhooks", active=True)
    await bot.befriend(1, first=1)
    read_back = await read_settled(bot)

    assert shown.body == {"endpoint": receiver.url, "active": False}
    assert [event["source"]["userId"] for [event] in bodies(read_back)] == [user_id(1)]


@pytest.mark.parametrize(
    ("endpoint", "status"),
    [
        ("https://example.test/" + "x" * 479, 200),
        ("https://example.test/" + "x" * 480, 400),
        ("http://127.0.0.1:1/", 200),
        ("http://[::1]/", 200),
        ("http://localhost/", 200),
        ("http://example.test/", 400),
        ("ftp://127.0.0.1/", 400),
        ("https:///callback", 400),
        ("https://example.test/コール", 400),
        ("https://example.test:99999/", 400),
        ("https://user@example.test/", 400),
        ("https://example\\.test/", 400),
        ("", 400),
        (None, 400),
        (1, 400),
    ],
)
async def test_which_endpoints_can_be_set(oa: OfficialAccount, endpoint: Any, status: int) -> None:
    """An endpoint has up to 500 characters and https; plain http is for loopback, as the sandbox has no TLS."""
    answer = await oa.call("PUT", SETTINGS, body={"endpoint": endpoint})

    assert answer.status == status
    if status == 400 and endpoint is not None:
        assert (await oa.call("POST", TEST, body={"endpoint": endpoint})).body == answer.body


@pytest.mark.parametrize(
    ("switch", "statuses"), [("refused", (400, 400)), ("loopback", (200, 400)), ("anywhere", (200, 200))]
)
async def test_plain_http_is_a_switch(oa: OfficialAccount, switch: str, statuses: tuple[int, int]) -> None:
    """Plain http can be refused as LINE does, or allowed for other machines."""
    await oa.change_settings(webhook_plain_http=switch)
    urls = ("http://127.0.0.1/", "http://bot.test/")
    answers = [await oa.call("PUT", SETTINGS, body={"endpoint": url}) for url in urls]

    assert tuple(answer.status for answer in answers) == statuses


async def test_rates_of_the_settings(oa: OfficialAccount) -> None:
    """The endpoint is set and read 1,000 times a minute each, and tested 60 times an hour (LP 1.6)."""
    token = await oa.issue_token()
    read = [(await oa.call("GET", SETTINGS, token=token)).status for _ in range(1001)]
    tested = [(await oa.call("POST", TEST, body={}, token=token)).status for _ in range(61)]
    oa.clock.advance(60)

    assert read == [404] * 1000 + [429]
    assert tested == [404] * 60 + [429]
    assert (await oa.call("GET", SETTINGS, token=token)).status == 404
    assert (await oa.call("POST", TEST, body={}, token=token)).status == 404


@pytest.mark.parametrize(
    ("status", "reason", "shown"),
    [(204, "OK", 204), (302, "ERROR_STATUS_CODE", 302), (500, "ERROR_STATUS_CODE", 500), (None, "UNCLASSIFIED", 0)],
)
async def test_how_a_test_can_end(
    oa: OfficialAccount, receiver: Receiver, status: int | None, reason: str, shown: int
) -> None:
    """The test says what came back; any 2xx is a success."""
    receiver.statuses = [status]
    answer = await oa.call("POST", TEST, body={"endpoint": receiver.url})

    assert (answer.status, answer.body["success"]) == (200, reason == "OK")
    assert (answer.body["statusCode"], answer.body["reason"]) == (shown, reason)
    assert answer.body["timestamp"] == "2026-06-15T03:00:00.000Z"


async def test_a_test_without_an_answer(oa: OfficialAccount, receiver: Receiver) -> None:
    """Nobody listening and nobody answering in time are told apart, and do not count as delivery errors."""
    async with listen() as gone:
        pass
    nobody = await oa.call("POST", TEST, body={"endpoint": gone.url})
    await oa.change_settings(webhook_timeout=0.1, webhook_test_status_without_answer=7)
    receiver.open.clear()
    slow = await oa.call("POST", TEST, body={"endpoint": receiver.url})
    read_back = await read_settled(oa)

    assert (slow.body["reason"], slow.body["statusCode"]) == ("REQUEST_TIMEOUT", 7)
    assert (nobody.body["reason"], nobody.body["success"]) == ("COULD_NOT_CONNECT", False)
    assert [attempt["attempt"] for attempt in read_back["attempts"]] == [0, 0]
    assert read_back["errors"] == {}


URLS = st.text(max_size=30) | st.sampled_from(["http://[", "https://", "http://127.0.0.1:", "https://\x00/"])
SCALARS = st.none() | st.booleans() | st.integers() | URLS | st.just("x" * 501)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(endpoint=SCALARS | st.lists(SCALARS, max_size=2), path=st.sampled_from([("PUT", SETTINGS), ("POST", TEST)]))
async def test_random_endpoints(oa: OfficialAccount, endpoint: Any, path: tuple[str, str]) -> None:
    """No endpoint makes the sandbox fail by itself."""
    await oa.change_settings(limits_on=False, webhook_timeout=0.05)
    answer = await oa.call(*path, body={"endpoint": endpoint}, token=await oa.issue_token())

    assert answer.status in (200, 400, 404)
    assert answer.request_id
