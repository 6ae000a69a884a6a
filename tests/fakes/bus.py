"""In-memory stand-ins for the ports of `kit.events`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from kit.events.envelope import Event
from kit.events.errors import BusUnavailable
from kit.events.ports import Stored, StoredEvent, StreamExtent, StreamState


class FakeBus:
    """A `Publisher` that keeps each id once.

    `lose_stream` takes the stream away, `fall_back` the newest of what it holds; `restart` is an outage that is over.
    """

    def __init__(self) -> None:
        self.available = True
        self.stream = "library"
        self.session = 1
        self.published: list[Event] = []
        self.refusals = 0
        self.create_time = datetime(2026, 1, 1, tzinfo=UTC)
        self._exists = False

    async def declare(self) -> StreamState:
        """Make the stream if there is none."""
        self._require()
        self._exists = True
        return StreamState(self.create_time.isoformat(), self.create_time, len(self.published))

    async def publish(self, event: Event) -> Stored:
        """Keep the event, as JetStream would."""
        self._require()
        if not self._exists:
            raise BusUnavailable("There is no stream.")
        ids = [kept.id for kept in self.published]
        if event.id in ids:
            return Stored(ids.index(event.id) + 1, is_repeat=True)
        self.published.append(event)
        return Stored(len(self.published), is_repeat=False)

    def lose_stream(self) -> None:
        """Forget the stream with all that it holds; the next one is of another time."""
        self.create_time += timedelta(days=1)
        self._exists = False
        self.published = []

    def fall_back(self, *, to: int) -> None:
        """Forget all but the first events, as a server does that comes back with an older copy of its files."""
        self.published = self.published[:to]

    def restart(self) -> None:
        """Be out of reach for a moment."""
        self.session += 1

    def _require(self) -> None:
        if not self.available:
            self.refusals += 1
            raise BusUnavailable("The bus is switched off.")


class FakeReadback:
    """A `Readback` of a stream that a test fills.

    `first_sequence` is that of the first of `events`; `incarnation` of None says that there is no stream.
    """

    def __init__(self) -> None:
        self.available = True
        self.incarnation: str | None = "first"
        self.first_sequence = 1
        self.events: list[StoredEvent | None] = []
        self.reads = 0
        self._interruption: Callable[[], None] | None = None

    def when_measured(self, interrupt: Callable[[], None]) -> None:
        """Let something happen while the stream is asked what it holds."""
        self._interruption = interrupt

    def store(self, *event_ids: str, source: str = "outreach.delivery", at: datetime) -> None:
        """Store events."""
        self.events += [StoredEvent(event_id, source, at) for event_id in event_ids]

    async def measure(self) -> StreamExtent | None:
        """Return what the stream holds."""
        self._require()
        if self._interruption is not None:
            self._interruption()
        if self.incarnation is None:
            return None
        return StreamExtent(self.incarnation, self.first_sequence, self.first_sequence + len(self.events) - 1)

    async def read(self, sequence: int) -> StoredEvent | None:
        """Return one event."""
        self._require()
        self.reads += 1
        return self.events[sequence - self.first_sequence]

    def _require(self) -> None:
        if not self.available:
            raise BusUnavailable("The bus is switched off.")


class FakeOutbox:
    """An `EventSink` that shows what was added, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def add(self, event: Event) -> None:
        """Keep the event."""
        self.events.append(event)


class FakeInbox:
    """An `Inbox` that remembers for ever."""

    def __init__(self) -> None:
        self.accepted: set[tuple[str, str]] = set()

    async def accept(self, consumer: str, event_id: str) -> bool:
        """Note the event; False for a repeat."""
        if (consumer, event_id) in self.accepted:
            return False
        self.accepted.add((consumer, event_id))
        return True


class FakeDeadLetters:
    """A `Cemetery` that shows what was buried: (consumer, event id) → (reason, attempts)."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.buried: dict[tuple[str, str], tuple[str, int]] = {}

    async def bury(self, consumer: str, event: Event, *, reason: str, attempt_count: int) -> None:
        """Keep the event, or raise `failure` when that is set."""
        if self.failure is not None:
            raise self.failure
        self.buried[consumer, event.id] = (reason, attempt_count)
