"""When a channel's audiences are read next."""

from datetime import UTC, datetime, timedelta

import pytest

from audience.domain.catalog import CatalogFailure, CatalogSync
from audience.domain.retries import pause

NOW = datetime(2026, 4, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("unchecked", "minutes"), [(0, 4), (1, 1)])
def test_success(unchecked: int, minutes: int) -> None:
    """A reading ends all trouble; the next one comes in its turn, or soon where some audiences are left to ask for."""
    failed = CatalogSync().fail(CatalogFailure.LINE_UNAVAILABLE, NOW - MINUTE)

    read = failed.succeed(NOW, unreadable_count=2, unchecked_count=unchecked)

    assert read == CatalogSync(NOW, 2, unchecked, None, NOW + minutes * MINUTE)


@pytest.mark.parametrize(
    ("failure", "minutes"),
    [
        (CatalogFailure.LINE_UNAVAILABLE, [1, 2, 4, 8, 15, 15]),
        (CatalogFailure.LINE_RATE_LIMITED, [1, 2, 4, 8, 15, 15]),
        (CatalogFailure.SERVICE_FAULT, [1, 2, 4, 8, 16, 32, 60, 60]),
        (CatalogFailure.LINE_CREDENTIALS_REFUSED, [1, 2, 4, 8, 16, 32, 60, 60]),
    ],
)
def test_failures(failure: CatalogFailure, minutes: list[int]) -> None:
    """Pauses double, longer for what does not pass by itself, and the first failure keeps its time."""
    catalog, waits = CatalogSync(), []
    for _ in minutes:
        catalog = catalog.fail(failure, NOW)
        waits.append(catalog.next_time and catalog.next_time - NOW)

    assert waits == [number * MINUTE for number in minutes]
    assert catalog.trouble is not None
    assert catalog.trouble.since == NOW


def test_told_pause() -> None:
    """A pause that the vendor asks for is kept where it is longer."""
    catalog = CatalogSync().fail(CatalogFailure.LINE_RATE_LIMITED, NOW, wait=10 * MINUTE)

    assert catalog.next_time == NOW + 10 * MINUTE


def test_pause_without_end() -> None:
    """The thousandth failure waits no longer than the longest pause."""
    assert pause(10**6, first=MINUTE, longest=timedelta(hours=1)) == timedelta(hours=1)
