"""What waits for a webhook: packing, disorder, bounds."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.line.webhooks.outbox import Attempt, Bounds, Event, Webhook

START = datetime(2026, 6, 15, tzinfo=UTC)


def make_event(number: int, *, second: int = 0) -> Event:
    """Return an event that is recognised by its number."""
    return Event(START + timedelta(seconds=second), {"replyToken": f"token-{number}"})


def make_webhook(*seconds: int, bounds: Bounds | None = None) -> Webhook:
    """Return a webhook with one event at each of some seconds."""
    webhook = Webhook(bounds=bounds or Bounds())
    for number, second in enumerate(seconds):
        webhook.add(make_event(number, second=second), person=number)
    return webhook


def sizes(webhook: Webhook) -> list[int]:
    """Return how many events each waiting parcel has."""
    return [len(parcel.events) for parcel in webhook.waiting]


@pytest.mark.parametrize(
    ("seconds", "most", "expected"),
    [
        ((), 100, []),
        ((0, 0, 0), 100, [3]),
        ((0, 0, 0), 2, [2, 1]),
        ((0, 0, 0), 1, [1, 1, 1]),
        ((0, 1, 0), 100, [1] * 3),
    ],
)
def test_events_of_one_moment_share_a_parcel(seconds: tuple[int, ...], most: int, expected: list[int]) -> None:
    """Neighbours of the same moment are packed together, up to the most."""
    webhook = make_webhook(*seconds)
    webhook.pack(most)

    assert sizes(webhook) == expected
    assert webhook.happened == []


def test_what_happens_later_is_packed_apart() -> None:
    """Packing ends a parcel, even for the same moment."""
    webhook = make_webhook(0)
    webhook.pack(100)
    webhook.add(make_event(1), person=1)
    webhook.pack(100)

    assert sizes(webhook) == [1, 1]


def test_reordered_duplicates() -> None:
    """Both faults at once: two parcels, the first of them twice, go out in reverse."""
    webhook = make_webhook(0, 1)
    webhook.duplicates, webhook.reordered = 1, 2
    webhook.pack(100)

    assert [parcel.time.second for parcel in webhook.waiting] == [1, 0, 0]


def test_release_lets_everything_go() -> None:
    """Held parcels go out in their own order and no fault is left."""
    webhook = make_webhook(0, 1)
    webhook.reordered = 3
    webhook.pack(100)
    held = len(webhook.waiting)
    webhook.release()

    assert held == 0
    assert [parcel.time.second for parcel in webhook.waiting] == [0, 1]
    assert (webhook.duplicates, webhook.reordered, webhook.held) == (0, 0, [])


def test_only_events_with_a_token_can_be_replied_to() -> None:
    """An event without a reply token gives none out, and the oldest tokens are forgotten."""
    webhook = make_webhook(0)
    webhook.add(Event(START, {}), person=1)

    assert list(webhook.reply_tokens) == ["token-0"]


def test_memory_is_bounded() -> None:
    """Reply tokens and waiting events have a bound."""
    webhook = make_webhook(0, 0, 0, bounds=Bounds(happened=3, reply_tokens=2))

    assert list(webhook.reply_tokens) == ["token-1", "token-2"]
    assert webhook.is_full


def test_a_long_queue_is_full() -> None:
    """So is one with too many parcels that were not answered."""
    webhook = make_webhook(0, 1, bounds=Bounds(waiting=2))
    before = webhook.is_full
    webhook.pack(1)

    assert (before, webhook.is_full) == (False, True)


@pytest.mark.parametrize(
    ("attempt", "reason", "errors"), [(1, "unclassified", 1), (2, None, 0), (0, "unclassified", 0)]
)
def test_failed_deliveries_are_counted(attempt: int, reason: str | None, errors: int) -> None:
    """Statistics count failed deliveries; tests of the endpoint are none."""
    webhook = Webhook()
    webhook.record(Attempt(START, attempt, "https://a.test/", "{}", "s", None, reason))

    assert (webhook.failures.total(), len(webhook.attempts)) == (errors, 1)
