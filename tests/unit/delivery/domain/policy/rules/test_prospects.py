"""Rules about what an order would meet."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.policy.findings import Code, Finding, Severity
from delivery.domain.policy.prospects import Prospects
from delivery.domain.policy.registry import foresee
from tests.strategies.policy import NOW

MOMENT = timedelta(microseconds=1)
GOOD = Prospects(
    at=NOW,
    needed_count=5500,
    left_count=5500,
    turn_time=NOW,
    is_rate_limited=False,
    last_start=NOW + timedelta(hours=24),
)


def find(code: Code, **changes: Any) -> list[Finding]:
    """Return the findings of one rule about prospects that are good but for the changes."""
    return [finding for finding in foresee(dataclasses.replace(GOOD, **changes)) if finding.code is code]


def test_nothing_is_said_of_good_prospects() -> None:
    """What fits exactly, now, is told nothing."""
    assert foresee(GOOD) == ()


@pytest.mark.parametrize(
    ("needed", "left", "numbers"),
    [
        (5500, 5499, {"needed": 5500, "left": 5499}),
        (5500, -20, {"needed": 5500, "left": 0}),
        (None, 0, {"needed": 1, "left": 0}),
        (0, 0, {"needed": 1, "left": 0}),
    ],
)
def test_what_does_not_fit_is_refused(needed: int | None, left: int, numbers: dict[str, int]) -> None:
    """One message too few is too few, and a send that nothing bounds needs one; both figures are told."""
    (finding,) = find(Code.QUOTA_INSUFFICIENT, needed_count=needed, left_count=left)

    assert (finding.severity, finding.field, finding.numbers) == (Severity.ERROR, "recipient_limit", numbers)


@given(needed=st.none() | st.integers(0, 10**6), left=st.none() | st.integers(-(10**6), 10**6))
def test_no_limit_holds_everything(needed: int | None, left: int | None) -> None:
    """An order is refused exactly where the plan has a limit that does not hold it."""
    refused = bool(find(Code.QUOTA_INSUFFICIENT, needed_count=needed, left_count=left))

    assert refused == (left is not None and left < max(needed or 0, 1))


@pytest.mark.parametrize(("wait", "seconds"), [(timedelta(minutes=4), 240), (timedelta(milliseconds=1500), 2)])
def test_a_later_turn_is_told_and_refuses_nothing(wait: timedelta, seconds: int) -> None:
    """The warning tells how long, rounded up to seconds."""
    (finding,) = find(Code.RATE_BUDGET_EXHAUSTED, turn_time=NOW + wait, is_rate_limited=True)

    assert (finding.severity, finding.numbers) == (Severity.WARNING, {"wait_seconds": seconds})


def test_a_channel_that_rests_has_not_used_up_its_calls() -> None:
    """Where it is LINE's silence that a channel waits for, no budget is blamed."""
    assert find(Code.RATE_BUDGET_EXHAUSTED, turn_time=NOW + timedelta(minutes=5)) == []


@pytest.mark.parametrize(("late", "refused"), [(-MOMENT, False), (timedelta(0), True), (MOMENT, True)])
def test_an_end_that_cannot_be_kept_is_refused(late: timedelta, refused: bool) -> None:  # noqa: FBT001 - drawn by name
    """The turn must come before the last moment at which a call may begin."""
    findings = find(Code.DEADLINE_UNREACHABLE, turn_time=GOOD.last_start + late, is_rate_limited=True)

    assert [finding.severity for finding in findings] == [Severity.ERROR] * refused


def test_an_end_too_near_for_any_call_is_refused() -> None:
    """Also where the turn would come at once."""
    assert find(Code.DEADLINE_UNREACHABLE, last_start=NOW)
