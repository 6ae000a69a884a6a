"""Which errors are tried again, and after how long."""

from datetime import timedelta

import pytest

from audience.adapters.hubspot.transport import Patience
from audience.adapters.hubspot.troubles import MovingError, PassingError, UnexpectedAnswerError
from audience.domain.errors import DailyLimitReached, HubSpotRateLimited, HubSpotTokenRefused


@pytest.mark.parametrize(
    "error",
    [
        HubSpotTokenRefused(),
        UnexpectedAnswerError("x"),
        DailyLimitReached(retry_after=timedelta(seconds=1)),
        MovingError(retry_after=timedelta(seconds=1)),
        PassingError(retry_after=timedelta(seconds=31)),
        ValueError("x"),
    ],
)
def test_given_up(error: Exception) -> None:
    """Refusals, bugs and long waits are not tried again."""
    assert Patience(longest_pause_seconds=30).judge(error) is False


def test_growing_pauses() -> None:
    """A trouble that tells no time is tried again with growing pauses."""
    assert Patience().judge(PassingError()) is True


def test_told_pause() -> None:
    """A told pause is kept, and lengthened a little so that waiters spread."""
    pauses = {Patience().judge(HubSpotRateLimited(retry_after=timedelta(seconds=10))) for _ in range(50)}

    assert all(10 <= pause <= 12 for pause in pauses)
    assert len(pauses) > 1
