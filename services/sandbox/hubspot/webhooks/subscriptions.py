"""Who wants to hear of contacts: apps, what they subscribed to, and what was sent to them (HS 8)."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.hubspot.contacts.changes import ContactChange
from sandbox.hubspot.times import to_iso

EVENT_TYPES = (
    "contact.creation",
    "contact.deletion",
    "contact.propertyChange",
    "contact.merge",
    "contact.restore",
    "contact.privacyDeletion",
    "contact.associationChange",
)
DEFAULT_CONCURRENCY = 10
# Attempts are read back by tests; older ones are forgotten.
KEPT_ATTEMPTS = 10_000


@dataclass(slots=True)
class Subscription:
    """One kind of event that an app asked for; a propertyChange names its property."""

    subscription_id: int
    event_type: str
    property_name: str | None
    created_at: datetime
    updated_at: datetime
    active: bool = False

    def wants(self, change: ContactChange) -> bool:
        """Whether a change is one of its events."""
        if not self.active or self.event_type != f"contact.{change.kind}":
            return False
        return change.kind != "propertyChange" or self.property_name == change.property_name

    def to_json(self) -> dict[str, Any]:
        """Show the subscription as the webhooks API does."""
        shown: dict[str, Any] = {
            "id": str(self.subscription_id),
            "eventType": self.event_type,
            "active": self.active,
            "createdAt": to_iso(self.created_at),
            "updatedAt": to_iso(self.updated_at),
        }
        return shown if self.property_name is None else shown | {"propertyName": self.property_name}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST: `number` from 0, the headers that sign it, its body, and how it ended."""

    time: datetime
    number: int
    url: str
    headers: dict[str, str]
    body: str
    status: int | None
    reason: str | None

    def to_json(self) -> dict[str, Any]:
        """Show the attempt to the control face."""
        return {
            "time": to_iso(self.time),
            "attempt": self.number,
            "url": self.url,
            "headers": self.headers,
            "body": self.body,
            "status": self.status,
            "reason": self.reason,
        }


@dataclass(slots=True)
class WebhookApp:
    """An app that is told of contacts; `is_private`: configured in HubSpot's pages only, not by API."""

    app_id: int
    client_secret: str
    created_at: datetime
    is_private: bool = False
    target_url: str | None = None
    max_concurrent_requests: int = DEFAULT_CONCURRENCY
    updated_at: datetime | None = None
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    attempts: deque[Attempt] = field(default_factory=lambda: deque(maxlen=KEPT_ATTEMPTS))

    def subscribe(
        self, subscription_id: int, event_type: str, property_name: str | None, now: datetime, *, active: bool
    ) -> Subscription:
        """Add a subscription."""
        found = Subscription(subscription_id, event_type, property_name, now, now, active)
        self.subscriptions[subscription_id] = found
        return found
