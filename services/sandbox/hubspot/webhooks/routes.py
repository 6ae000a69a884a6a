"""The webhooks API of a legacy public app: where its events go, and which ones it wants (HS 8, HS 12)."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.hubspot.errors import RequestRefusedError, refuse_token, refuse_value, refuse_webhook
from sandbox.hubspot.state import HubSpot
from sandbox.hubspot.times import to_iso
from sandbox.hubspot.webhooks.subscriptions import EVENT_TYPES, Subscription, WebhookApp
from sandbox.hubspot.wire import parse_id, reply, reply_failure

LEAST_CONCURRENCY = 5
_APP = "/webhooks/v3/{app_id}"
_SUBSCRIPTIONS = _APP + "/subscriptions"
_SUBSCRIPTION = _SUBSCRIPTIONS + "/{subscription_id}"

_Action = Callable[["_Request"], web.Response]


class _Request:
    """One request of a developer for an app."""

    def __init__(self, hubspot: HubSpot, app: WebhookApp, request: web.Request, content: bytes) -> None:
        self.hubspot = hubspot
        self.app = app
        self._request = request
        self._content = content

    def body(self) -> dict[str, Any]:
        """Return the JSON object of the body."""
        try:
            body = json.loads(self._content)
        except (ValueError, RecursionError):
            raise refuse_value("Invalid input JSON.") from None
        if not isinstance(body, dict):
            raise refuse_value("The body must be a JSON object.")
        return body

    def subscription(self, text: str | None = None) -> Subscription:
        """Return the subscription of an id, without one that of the path."""
        number = parse_id(self._request.match_info["subscription_id"] if text is None else text)
        found = None if number is None else self.app.subscriptions.get(number)
        if found is None:
            raise refuse_webhook("Subscription not found.", self.hubspot.settings)
        return found


def routes(hubspot: HubSpot) -> list[web.RouteDef]:
    """Return the routes; they are opened by a developer's API key in the query, or by a token."""
    calls: list[tuple[str, str, _Action]] = [
        ("GET", _APP + "/settings", _get_settings),
        ("PUT", _APP + "/settings", _put_settings),
        ("DELETE", _APP + "/settings", _delete_settings),
        ("GET", _SUBSCRIPTIONS, _get_subscriptions),
        ("POST", _SUBSCRIPTIONS, _create_subscription),
        ("POST", _SUBSCRIPTIONS + "/batch/update", _update_subscriptions),
        ("GET", _SUBSCRIPTION, _get_subscription),
        ("PATCH", _SUBSCRIPTION, _change_subscription),
        ("DELETE", _SUBSCRIPTION, _delete_subscription),
    ]
    return [web.route(method, path, _serve(hubspot, action)) for method, path, action in calls]


def _serve(hubspot: HubSpot, action: _Action) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        content = await request.read()
        try:
            return action(_Request(hubspot, _find_app(hubspot, request), request, content))
        except RequestRefusedError as refused:
            return reply_failure(refused.failure, hubspot)

    return handle


def _find_app(hubspot: HubSpot, request: web.Request) -> WebhookApp:
    key = request.query.get("hapikey")
    if key != hubspot.settings.developer_key:
        raise refuse_token(hubspot.settings, absent=key is None)
    number = parse_id(request.match_info["app_id"])
    found = None if number is None else hubspot.outbox.apps.get(number)
    if found is None or found.is_private:
        raise refuse_webhook("App not found.", hubspot.settings)
    return found


def _get_settings(request: _Request) -> web.Response:
    if request.app.target_url is None:
        raise refuse_webhook("No webhook settings.", request.hubspot.settings)
    return reply(_describe_settings(request.app))


def _put_settings(request: _Request) -> web.Response:
    body, app = request.body(), request.app
    url, throttling = body.get("targetUrl"), body.get("throttling")
    most = throttling.get("maxConcurrentRequests") if isinstance(throttling, dict) else None
    if not is_callable(url):
        raise refuse_value("targetUrl must be a URL.")
    if type(most) is not int or most <= LEAST_CONCURRENCY:
        raise refuse_value(f"throttling.maxConcurrentRequests must be above {LEAST_CONCURRENCY}.")
    app.target_url, app.max_concurrent_requests, app.updated_at = url, most, request.hubspot.now()
    return reply(_describe_settings(app))


def _delete_settings(request: _Request) -> web.Response:
    request.app.target_url = None
    return web.Response(status=204)


def _get_subscriptions(request: _Request) -> web.Response:
    return reply({"results": [found.to_json() for found in request.app.subscriptions.values()]})


def _create_subscription(request: _Request) -> web.Response:
    body = request.body()
    kind, name = body.get("eventType"), body.get("propertyName")
    if kind not in EVENT_TYPES:
        raise refuse_value(f"eventType must be one of {', '.join(EVENT_TYPES)}.")
    if (kind == "contact.propertyChange") != isinstance(name, str):
        raise refuse_value("propertyName belongs to contact.propertyChange, which needs it.")
    number, now = request.hubspot.outbox.next_number(), request.hubspot.now()
    made = request.app.subscribe(number, kind, name, now, active=body.get("active") is True)
    return reply(made.to_json(), status=201)


def _get_subscription(request: _Request) -> web.Response:
    return reply(request.subscription().to_json())


def _change_subscription(request: _Request) -> web.Response:
    found = request.subscription()
    _switch(request, found, request.body())
    return reply(found.to_json())


def _delete_subscription(request: _Request) -> web.Response:
    del request.app.subscriptions[request.subscription().subscription_id]
    return web.Response(status=204)


def _update_subscriptions(request: _Request) -> web.Response:
    inputs = request.body().get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(entry, dict) for entry in inputs):
        raise refuse_value("inputs must be an array of objects.")
    found = [(request.subscription(str(entry.get("id"))), entry) for entry in inputs]
    for subscription, entry in found:
        _switch(request, subscription, entry)
    now = to_iso(request.hubspot.now())
    results = [subscription.to_json() for subscription, _ in found]
    return reply({"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now})


def _switch(request: _Request, subscription: Subscription, body: dict[str, Any]) -> None:
    active = body.get("active")
    if not isinstance(active, bool):
        raise refuse_value("active must be true or false.")
    subscription.active, subscription.updated_at = active, request.hubspot.now()


def is_callable(url: Any) -> bool:
    """Whether a value is a URL that can be posted to."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _describe_settings(app: WebhookApp) -> dict[str, Any]:
    return {
        "targetUrl": app.target_url,
        "throttling": {"maxConcurrentRequests": app.max_concurrent_requests},
        "createdAt": to_iso(app.created_at),
        "updatedAt": to_iso(app.updated_at or app.created_at),
    }
