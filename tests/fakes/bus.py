"""In-memory stand-ins for the ports of `kit.events`."""

from fnmatch import fnmatchcase

from kit.events.consumer import Consumer
from kit.events.envelope import Event
from kit.events.errors import BusUnavailable


class FakeBus:
    """A `Publisher` that keeps each id once, and a source of deliveries that repeats without waiting."""

    def __init__(self) -> None:
        self.available = True
        self.published: list[Event] = []
        self.attempts: list[str] = []

    async def publish(self, event: Event) -> None:
        """Keep the event, as JetStream would."""
        self.attempts.append(event.id)
        if not self.available:
            raise BusUnavailable("The bus is switched off.")
        if event.id not in {kept.id for kept in self.published}:
            self.published.append(event)

    async def deliver_all(self, consumer: Consumer, *, subjects: str = "*", max_deliveries: int = 100) -> None:
        """Deliver what was published so far to `consumer`, each event until it is settled."""
        for event in [event for event in self.published if fnmatchcase(event.subject, subjects)]:
            for attempt in range(1, max_deliveries + 1):
                if await consumer.deliver(event, attempt) is None:
                    break


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
