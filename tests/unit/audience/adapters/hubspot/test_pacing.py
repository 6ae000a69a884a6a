"""Pacing keeps below every limit, whatever the callers do."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audience.adapters.hubspot.pacing import Pacer, PaceSettings, Throttle
from audience.application.hubspot_port import HubSpotCredentials
from audience.domain.errors import DailyLimitReached, HubSpotRateLimited

ONE, OTHER = HubSpotCredentials("one"), HubSpotCredentials("other")


class Machine:
    """A clock that moves by being slept on."""

    def __init__(self) -> None:
        self.time = 1_000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """Return the time."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Move the time."""
        self.slept.append(seconds)
        self.time += seconds


def make_throttle(**settings: float) -> tuple[Throttle, Machine]:
    """Make a throttle on a clock of its own."""
    machine = Machine()
    pace = PaceSettings(**settings)  # type: ignore[arg-type]  # counts are given as integers
    return Throttle(pace, monotonic=machine.monotonic, sleep=machine.sleep), machine


@given(
    st.lists(st.floats(0, 3), max_size=300),
    st.integers(1, 60),
    st.floats(0, 0.9),
)
def test_no_window_holds_more_than_the_usable_part(gaps: list[float], limit: int, unused_share: float) -> None:
    """Any window holds at most the usable part of the limit, and one request where that is below one."""
    pacer, now, sent = Pacer(limit, 10.0, unused_share=unused_share), 0.0, list[float]()
    for gap in gaps:
        now += gap
        sent.append(now + pacer.reserve(now))

    usable = max(1, int(limit * (1 - unused_share)))
    for time in sent:
        assert sum(time <= other < time + 10.0 - 1e-6 for other in sent) <= usable


@given(st.integers(20, 300))
def test_most_of_the_limit_is_used(limit: int) -> None:
    """A caller that never pauses gets at least 85 % of the limit in the long run."""
    pacer, now = Pacer(limit, 10.0, unused_share=0.0), 0.0
    for _ in range(limit * 10):
        now += pacer.reserve(now)

    assert now <= 100 / 0.85


async def test_accounts_are_paced_apart() -> None:
    """One account's calls don't slow another's, nor searches the other calls."""
    throttle, machine = make_throttle(requests=1, searches=1)
    await throttle.admit(ONE, search=False)
    await throttle.admit(OTHER, search=False)
    await throttle.admit(ONE, search=True)

    assert machine.slept == []


async def test_told_limit() -> None:
    """The limit of the rate headers replaces the configured one; odd headers change nothing."""
    throttle, machine = make_throttle(requests=10, unused_share=0)
    for headers in (
        {"X-HubSpot-RateLimit-Max": "1000", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"},
        {"X-HubSpot-RateLimit-Max": "many"},
        {"X-HubSpot-RateLimit-Max": "1", "X-HubSpot-RateLimit-Interval-Milliseconds": "1000"},
        {},
    ):
        throttle.learn(ONE, headers)
    for _ in range(100):
        await throttle.admit(ONE, search=False)

    assert machine.slept == []


async def test_hold() -> None:
    """After a 429 all calls of the account wait for the time told."""
    throttle, machine = make_throttle()
    throttle.hold(ONE, HubSpotRateLimited(retry_after=timedelta(seconds=10)), search=False)
    await throttle.admit(OTHER, search=False)
    await throttle.admit(ONE, search=False)

    assert machine.slept == [pytest.approx(10)]


async def test_closed_day() -> None:
    """A closed day refuses calls for a while and then lets them try."""
    throttle, machine = make_throttle(day_pause_seconds=900)
    throttle.learn(ONE, {"X-HubSpot-RateLimit-Daily": "1000", "X-HubSpot-RateLimit-Daily-Remaining": "101"})
    await throttle.admit(ONE, search=False)
    throttle.learn(ONE, {"X-HubSpot-RateLimit-Daily": "1000", "X-HubSpot-RateLimit-Daily-Remaining": "100"})
    await throttle.admit(OTHER, search=False)
    with pytest.raises(DailyLimitReached) as reached:
        await throttle.admit(ONE, search=False)
    machine.time += 900
    await throttle.admit(ONE, search=False)

    assert reached.value.retry_after == timedelta(seconds=900)


async def test_forgetting_is_harmless() -> None:
    """However many accounts come by, one that is being paced stays paced."""
    throttle, machine = make_throttle(requests=2)
    await throttle.admit(ONE, search=False)
    for number in range(1_500):
        await throttle.admit(HubSpotCredentials(str(number)), search=False)
    await throttle.admit(ONE, search=False)

    assert len(machine.slept) == 1
