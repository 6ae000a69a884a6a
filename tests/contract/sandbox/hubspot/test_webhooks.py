"""Webhooks of the HubSpot stand-in: subscriptions, signed deliveries, retries (HS 8, HS 12)."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hubspot import HubSpot as OfficialClient
from hubspot.exceptions import InvalidSignatureTimestampError
from hubspot.utils.signature import Signature
from hubspot.webhooks import (
    BatchInputSubscriptionBatchUpdateRequest,
    SettingsChangeRequest,
    SubscriptionCreateRequest,
    SubscriptionPatchRequest,
    ThrottlingSettings,
)
from hubspot.webhooks.exceptions import NotFoundException, UnauthorizedException

from sandbox.hubspot.webhooks.signatures import sign_v1, sign_v3
from sandbox.hubspot.webhooks.subscriptions import WebhookApp
from tests.contract.sandbox.hubspot.conftest import Shop
from tests.infrastructure.eventually import eventually

SECRET = "sandbox-secret"
KEY = "sandbox-developer-key"
ALL = [{"eventType": f"contact.{kind}"} for kind in ("creation", "deletion", "merge", "restore")]
LINE_ID = {"eventType": "contact.propertyChange", "propertyName": "line_user_id"}


@dataclass(slots=True)
class Hook:
    """An app's endpoint; `statuses` are its next answers, then 204."""

    url: str = ""
    posts: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events in order of arrival."""
        return [event for body, _ in self.posts for event in json.loads(body)]

    async def answer(self, request: web.Request) -> web.Response:
        """Record a POST."""
        self.posts.append((await request.read(), dict(request.headers)))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """Listen on a free port."""
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hubspot", hook.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hubspot?x=1"
    yield hook
    await runner.cleanup()


async def make_app(raw: aiohttp.ClientSession, hook: Hook | None, subscriptions: list[Any], **more: Any) -> None:
    """Make app 77."""
    body = {"app_id": 77, "client_secret": SECRET, "subscriptions": subscriptions, **more}
    url = {} if hook is None else {"target_url": hook.url}
    async with raw.post("/_control/hubspot/webhooks/apps", json=body | url) as answer:
        assert answer.status == 200, await answer.text()


@pytest.fixture
def developer(shop: Shop) -> OfficialClient:
    """Return HubSpot's own client with a developer's key."""
    return OfficialClient(api_key=KEY, host=shop.running.url)


async def test_published_and_own_vectors() -> None:
    """Both signatures are those of the vector of HS 8."""
    body = b'[{"eventId":1,"subscriptionType":"contact.propertyChange"}]'
    url = "https://hooks.example.test/hubspot?x=1"

    assert sign_v1(SECRET, body) == "78a54703a98e132cb2aa5c2911f09d9cdbbe6dc5b99c9fb630a161e07e7b73ea"
    assert sign_v3(SECRET, "POST", url, body, 1767225600000) == "/5jMKlIcV5W/cOPWdVpOCq7a3bbQw50W0ib6VlSkJoE="


async def test_settings_api(raw: aiohttp.ClientSession, developer: OfficialClient) -> None:
    """`webhooks.settings_api` sets, shows and removes where events go."""
    await make_app(raw, None, [])
    api = developer.webhooks.settings_api
    change = SettingsChangeRequest(
        target_url="https://example.test/hook", throttling=ThrottlingSettings(max_concurrent_requests=6)
    )
    put = await asyncio.to_thread(api.configure, app_id=77, settings_change_request=change)
    got = await asyncio.to_thread(api.get_all, app_id=77)
    await asyncio.to_thread(api.clear, app_id=77)
    with pytest.raises(NotFoundException):
        await asyncio.to_thread(api.get_all, app_id=77)

    assert put.target_url == got.target_url == "https://example.test/hook"
    assert got.throttling.max_concurrent_requests == 6


async def test_subscriptions_api(raw: aiohttp.ClientSession, developer: OfficialClient) -> None:
    """`webhooks.subscriptions_api` creates, lists, switches and archives what an app wants."""
    await make_app(raw, None, [])
    api = developer.webhooks.subscriptions_api
    request = SubscriptionCreateRequest(event_type="contact.propertyChange", property_name="line_user_id", active=False)
    made = await asyncio.to_thread(api.create, app_id=77, subscription_create_request=request)
    number = int(made.id)
    await asyncio.to_thread(api.update, number, 77, subscription_patch_request=SubscriptionPatchRequest(active=True))
    one = await asyncio.to_thread(api.get_by_id, number, 77)
    batch = BatchInputSubscriptionBatchUpdateRequest(inputs=[{"id": number, "active": False}])
    switched = await asyncio.to_thread(api.update_batch, app_id=77, batch_input_subscription_batch_update_request=batch)
    await asyncio.to_thread(api.archive, number, 77)
    rest = await asyncio.to_thread(api.get_all, app_id=77)

    assert (made.event_type, made.property_name, made.active) == ("contact.propertyChange", "line_user_id", False)
    assert (one.active, switched.results[0].active) == (True, False)
    assert rest.results == []


async def test_the_key_is_needed(raw: aiohttp.ClientSession, shop: Shop) -> None:
    """Another developer's key, and an app that is configured in HubSpot's pages only, are refused."""
    await make_app(raw, None, [], private=True)
    stranger = OfficialClient(api_key="x", host=shop.running.url).webhooks.settings_api
    owner = OfficialClient(api_key=KEY, host=shop.running.url).webhooks.settings_api
    with pytest.raises(UnauthorizedException):
        await asyncio.to_thread(stranger.get_all, app_id=77)
    with pytest.raises(NotFoundException):
        await asyncio.to_thread(owner.get_all, app_id=77)


async def test_a_change_of_a_contact(raw: aiohttp.ClientSession, shop: Shop, hook: Hook) -> None:
    """A subscribed change is told within one signed POST; other properties are not told of."""
    await make_app(raw, hook, [LINE_ID, *ALL])
    contact = shop.account.contacts.get(101)
    assert contact is not None
    shop.account.contacts.update(contact, {"firstname": "A", "line_user_id": "U1"}, shop.running.clock.now())
    await eventually(lambda: hook.posts)
    body, headers = hook.posts[0]
    event = hook.events[0]

    assert len(hook.events) == 1
    assert (event["subscriptionType"], event["objectId"]) == ("contact.propertyChange", 101)
    assert (event["propertyName"], event["propertyValue"], event["attemptNumber"]) == ("line_user_id", "U1", 0)
    assert (event["portalId"], event["appId"]) == (shop.account.hub_id, 77)
    assert event["occurredAt"] == int(shop.running.clock.timestamp() * 1000)
    assert headers["X-HubSpot-Signature"] == sign_v1(SECRET, body)


@pytest.mark.parametrize(("age", "fresh"), [(1, True), (299, True), (301, False)])
async def test_the_official_client_judges_the_signature(
    raw: aiohttp.ClientSession, shop: Shop, hook: Hook, *, age: int, fresh: bool
) -> None:
    """The SDK's own check takes the v3 signature of a delivery, and refuses a replay after 5 minutes."""
    await make_app(raw, hook, ALL)
    shop.running.clock.move_to(datetime.now(UTC) - timedelta(seconds=age))
    shop.account.contacts.create({"email": "new@example.test"}, shop.running.clock.now())
    await eventually(lambda: hook.posts)
    body, headers = hook.posts[0]
    check = partial(
        Signature.is_valid,
        signature=headers["X-HubSpot-Signature-v3"],
        client_secret=SECRET,
        request_body=body.decode(),
        http_uri=hook.url,
        http_method="POST",
        signature_version="v3",
        timestamp=headers["X-HubSpot-Request-Timestamp"],
    )

    if fresh:
        assert check()
    else:
        with pytest.raises(InvalidSignatureTimestampError):
            check()


async def test_what_becomes_of_contacts(raw: aiohttp.ClientSession, shop: Shop, hook: Hook) -> None:
    """Creation, deletion, restoration and merge are told; a merge names all three contacts."""
    await make_app(raw, hook, ALL)
    contacts, now, settings = shop.account.contacts, shop.running.clock.now(), shop.running.hubspot.settings
    made = contacts.create({"email": "a@example.test"}, now)
    other = contacts.create({"email": "b@example.test", "lastname": "b"}, now)
    shop.account.archive_contact(made, now, settings)
    contacts.restore(made)
    merged = shop.account.merge_contacts(made, other, now, settings)
    await eventually(lambda: len(hook.events) >= 5)
    kinds = [event["subscriptionType"].removeprefix("contact.") for event in hook.events]
    merge = hook.events[-1]

    assert kinds == ["creation", "creation", "deletion", "restore", "merge"]
    assert merge["newObjectId"] == merge["objectId"] == merged.record_id
    assert (merge["primaryObjectId"], merge["numberOfPropertiesMoved"]) == (made.record_id, 1)
    assert merge["mergedObjectIds"] == [made.record_id, other.record_id]


async def test_batches_of_a_hundred(raw: aiohttp.ClientSession, shop: Shop, hook: Hook) -> None:
    """250 changes of one moment come in POSTs of at most 100 events."""
    await make_app(raw, hook, ALL)
    for number in range(250):
        shop.account.contacts.create({"email": f"{number}@example.test"}, shop.running.clock.now())
    await eventually(lambda: len(hook.events) == 250)

    assert sorted(len(json.loads(body)) for body, _ in hook.posts) == [50, 100, 100]
    assert len({event["eventId"] for event in hook.events}) == 250


async def test_failures_come_again(raw: aiohttp.ClientSession, shop: Shop, hook: Hook) -> None:
    """What was not taken comes again after the interval with the next attempt number, ten times in all."""
    await make_app(raw, hook, ALL)
    hook.statuses = [500] * 20
    shop.account.contacts.create({"email": "a@example.test"}, shop.running.clock.now())
    app = shop.running.hubspot.outbox.apps[77]
    for attempt in range(1, 11):
        await eventually(partial(has_attempts, app, attempt))
        shop.running.clock.advance(shop.running.hubspot.settings.webhook_retry_seconds)
    shop.running.clock.advance(86_400)
    async with raw.get("/_control/hubspot/webhooks/apps/77/attempts") as answer:
        attempts = (await answer.json())["attempts"]

    assert [event["attemptNumber"] for event in hook.events] == list(range(10))
    assert {event["eventId"] for event in hook.events} == {hook.events[0]["eventId"]}
    assert [(attempt["status"], attempt["reason"]) for attempt in attempts] == [(500, "error_status_code")] * 10


def has_attempts(app: WebhookApp, count: int) -> bool:
    """Whether so many attempts were made."""
    return len(app.attempts) == count


@pytest.mark.parametrize(("carries", "signed"), [(True, True), (False, False)])
async def test_private_apps(raw: aiohttp.ClientSession, shop: Shop, hook: Hook, *, carries: bool, signed: bool) -> None:
    """Whether the webhooks of a private app carry the v3 signature is a switch (HS 13); v1 is always there."""
    async with raw.patch("/_control/hubspot/settings", json={"private_webhooks_carry_v3": carries}) as answer:
        assert answer.status == 200
    await make_app(raw, hook, ALL, private=True)
    shop.account.contacts.create({"email": "a@example.test"}, shop.running.clock.now())
    await eventually(lambda: hook.posts)
    _, headers = hook.posts[0]

    assert headers["X-HubSpot-Signature-Version"] == "v1"
    assert ("X-HubSpot-Signature-v3" in headers) == signed
