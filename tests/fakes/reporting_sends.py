"""Stands in for delivery: its raw figures, its list of sends, and the stream of its events."""

from collections.abc import Sequence
from datetime import UTC, datetime

from reporting.application.ports import SendPage
from reporting.domain.errors import PageTokenRefused
from reporting.domain.observations import Observation, RequestObservation, Totals
from reporting.domain.reconciliation import StreamPlace
from reporting.domain.sends import Send

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


class FakeSendList:
    """A `SendList` over `sends` with the time of their last change each; it fails with `failure` while that is set."""

    def __init__(self, page_size: int = 2) -> None:
        self.sends: dict[str, tuple[datetime, Send]] = {}
        self.failure: Exception | None = None
        self.page_size = page_size
        self.asked: list[tuple[datetime, str, str | None]] = []

    def put(self, change_time: datetime, *sends: Send) -> None:
        """Have sends change."""
        self.sends |= {send.campaign: (change_time, send) for send in sends}

    async def page(self, *, since: datetime, page_token: str, channel: str | None = None) -> SendPage:
        """Return a page, those that changed first in front."""
        self.asked.append((since, page_token, channel))
        if self.failure is not None:
            raise self.failure
        changed = self._list(since, channel)
        if page_token and page_token not in map(str, range(len(changed))):
            raise PageTokenRefused
        start = int(page_token or 0)
        end = start + self.page_size
        return SendPage(changed[start:end], str(end) if end < len(changed) else "")

    def _list(self, since: datetime, channel: str | None) -> Sequence[Send]:
        kept = [
            (time, name, send)
            for name, (time, send) in self.sends.items()
            if time >= since and (channel is None or name.startswith(f"{channel}/"))
        ]
        return [send for _, _, send in sorted(kept, key=lambda entry: entry[:2])]


class FakeStream:
    """A `StreamWatch` that tells `place`."""

    def __init__(self, place: StreamPlace | None = None) -> None:
        self.place = place

    async def look(self) -> StreamPlace | None:
        """Return the place."""
        return self.place
