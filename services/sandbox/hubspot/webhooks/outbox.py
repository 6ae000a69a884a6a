"""What waits to be sent to webhook apps: events, packed in batches of up to 100, each tried up to 10 times (HS 8)."""

import heapq
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sandbox.hubspot.contacts.changes import ContactChange
from sandbox.hubspot.times import to_milliseconds
from sandbox.hubspot.webhooks.subscriptions import WebhookApp

LARGEST_BATCH = 100
MOST_ATTEMPTS = 10
_FIRST_EVENT_ID = 100


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that share a POST; `attempt` counts from 0."""

    app: WebhookApp
    events: tuple[dict[str, Any], ...]
    attempt: int = 0

    def write(self) -> bytes:
        """Return the body: a JSON array, each event with its attempt."""
        events = [{**event, "attemptNumber": self.attempt} for event in self.events]
        return json.dumps(events, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


class Outbox:
    """The apps and what they are to be told, in order of the time it is due."""

    def __init__(self) -> None:
        self.apps: dict[int, WebhookApp] = {}
        self.listeners: list[Callable[[], None]] = []
        self._due: list[tuple[datetime, int, Batch]] = []
        self._open: dict[int, list[dict[str, Any]]] = {}
        self._numbers = _FIRST_EVENT_ID

    def next_number(self) -> int:
        """Return a number that grows with every call: event and subscription ids."""
        self._numbers += 1
        return self._numbers

    def tell(self, portal_id: int, change: ContactChange, now: datetime) -> None:
        """Note a change for each subscription that wants it."""
        if not self.apps:
            return
        for app in self.apps.values():
            wanted = [subscription for subscription in app.subscriptions.values() if subscription.wants(change)]
            if app.target_url is None or not wanted:
                continue
            events = self._open.setdefault(app.app_id, [])
            events += [
                _describe(change, self.next_number(), subscription.subscription_id, app.app_id, portal_id, now)
                for subscription in wanted
            ]
        self._wake()

    def pack(self, now: datetime) -> None:
        """Close what has gathered into batches that are due now."""
        for app_id, events in self._open.items():
            for start in range(0, len(events), LARGEST_BATCH):
                self._push(now, Batch(self.apps[app_id], tuple(events[start : start + LARGEST_BATCH])))
        self._open.clear()

    def take_due(self, now: datetime) -> Batch | None:
        """Remove and return the batch that has been due for longest."""
        return heapq.heappop(self._due)[2] if self._due and self._due[0][0] <= now else None

    def retry(self, batch: Batch, now: datetime, interval: timedelta) -> None:
        """Plan the next attempt; after the tenth there is none."""
        if batch.attempt + 1 < MOST_ATTEMPTS:
            self._push(now + interval, replace(batch, attempt=batch.attempt + 1))
            self._wake()

    @property
    def next_due(self) -> datetime | None:
        """When the next batch is due; None when none waits."""
        return self._due[0][0] if self._due else None

    def _push(self, time: datetime, batch: Batch) -> None:
        heapq.heappush(self._due, (time, self.next_number(), batch))

    def _wake(self) -> None:
        for listener in self.listeners:
            listener()


def _describe(
    change: ContactChange, event_id: int, subscription_id: int, app_id: int, portal_id: int, now: datetime
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "eventId": event_id,
        "subscriptionId": subscription_id,
        "portalId": portal_id,
        "appId": app_id,
        "occurredAt": to_milliseconds(now),
        "subscriptionType": f"contact.{change.kind}",
        "objectId": change.record_id,
        "changeSource": "CRM",
    }
    if change.property_name is not None:
        shown |= {"propertyName": change.property_name, "propertyValue": change.value}
    if change.kind == "merge":
        shown |= {
            "primaryObjectId": change.primary_id,
            "mergedObjectIds": list(change.merged_ids),
            "newObjectId": change.record_id,
            "numberOfPropertiesMoved": change.properties_moved,
        }
    return shown
