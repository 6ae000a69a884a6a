"""Stands in for delivery's raw figures."""

from datetime import UTC, datetime

from reporting.domain.observations import Observation, RequestObservation, Totals

OBSERVE_TIME = datetime(2026, 5, 2, 1, 0, tzinfo=UTC)


def observe(*requests: Totals) -> Observation:
    """Return an observation of these requests."""
    return Observation(
        tuple(RequestObservation(f"request-{number}", totals) for number, totals in enumerate(requests)), OBSERVE_TIME
    )


class FakeSends:
    """A `SendObserver` that answers with `observation`, or fails with `failure` while that is set."""

    def __init__(self, observation: Observation | None = None) -> None:
        self.observation = observation or observe(Totals())
        self.failure: Exception | None = None
        self.asked: list[str] = []

    async def observe(self, campaign: str) -> Observation:
        """Answer, or fail."""
        self.asked.append(campaign)
        if self.failure is not None:
            raise self.failure
        return self.observation
