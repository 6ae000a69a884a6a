"""Control of HubSpot's webhooks: apps, what a private app's page configures, and what was sent."""

from typing import Any

from aiohttp import web

from sandbox.control import ControlError, Document, MissingError, serve
from sandbox.hubspot.state import HubSpot
from sandbox.hubspot.webhooks.routes import is_callable
from sandbox.hubspot.webhooks.subscriptions import EVENT_TYPES, WebhookApp

_APPS = "/_control/hubspot/webhooks/apps"
_APP = _APPS + r"/{app_id:\d+}"


def routes(hubspot: HubSpot) -> list[web.RouteDef]:
    """Return the control routes of webhooks."""
    face = _Control(hubspot)
    return [
        web.post(_APPS, serve(face.create)),
        web.get(_APP + "/attempts", serve(face.read_attempts)),
        web.delete(_APP + "/attempts", serve(face.clear_attempts)),
    ]


class _Control:
    """The handlers."""

    def __init__(self, hubspot: HubSpot) -> None:
        self._hubspot = hubspot

    def create(self, document: Document) -> Any:
        """Make an app: `app_id`, `client_secret`, and for a private one `target_url` and `subscriptions`.

        A subscription is `{"eventType", "propertyName"?}`; those of a private app are active at once.
        """
        now = self._hubspot.now()
        app = WebhookApp(
            app_id=document.require("app_id", int),
            client_secret=document.require("client_secret", str),
            created_at=now,
            is_private=document.read("private", bool, default=False),
            target_url=document.read("target_url", str),
        )
        if app.target_url is not None and not is_callable(app.target_url):
            raise ControlError("target_url: a URL is expected")
        for entry in document.read("subscriptions", list, default=[]):
            if not isinstance(entry, dict) or entry.get("eventType") not in EVENT_TYPES:
                raise ControlError(f"subscriptions: objects with an eventType of {EVENT_TYPES}")
            name = entry.get("propertyName")
            app.subscribe(self._hubspot.outbox.next_number(), entry["eventType"], name, now, active=True)
        self._hubspot.outbox.apps[app.app_id] = app
        return {"app_id": app.app_id, "subscriptions": [one.to_json() for one in app.subscriptions.values()]}

    def read_attempts(self, document: Document) -> Any:
        return {"attempts": [attempt.to_json() for attempt in self._find(document).attempts]}

    def clear_attempts(self, document: Document) -> Any:
        self._find(document).attempts.clear()
        return {}

    def _find(self, document: Document) -> WebhookApp:
        app = self._hubspot.outbox.apps.get(int(document.parts["app_id"]))
        if app is None:
            raise MissingError("no such app")
        return app
