"""The audience service behind the port `TargetingFactsSource`."""

from collections import deque
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from delivery.domain.policy.facts import AudienceFacts, Basis, ChannelFacts, ContactListFacts, TargetingFacts
from kit.errors import NotFound, ServiceError


@dataclass(frozen=True, slots=True)
class Asked:
    """One question."""

    channel: str
    audiences: frozenset[str]
    contact_lists: frozenset[str]
    basis: Basis


class FakeFacts:
    """Knows what a test put in, the same for either basis; the names of the last question are in `asked[-1]`."""

    def __init__(self, *channels: ChannelFacts) -> None:
        self.asked: list[Asked] = []
        self._channels = {channel.channel: channel for channel in channels}
        self._audiences: dict[str, AudienceFacts] = {}
        self._contact_lists: dict[str, ContactListFacts] = {}
        self._failures: deque[ServiceError] = deque()
        self._meanwhile: deque[Callable[[], Awaitable[object]]] = deque()

    def put(self, *facts: ChannelFacts | AudienceFacts | ContactListFacts) -> None:
        """Add facts, in place of those of the same name."""
        for fact in facts:
            match fact:
                case ChannelFacts():
                    self._channels[fact.channel] = fact
                case AudienceFacts():
                    self._audiences[fact.name] = fact
                case ContactListFacts():
                    self._contact_lists[fact.name] = fact

    def refresh(self, *, at: datetime) -> None:
        """Let all audiences have been looked at `at`."""
        self._audiences = {name: replace(facts, observe_time=at) for name, facts in self._audiences.items()}

    def fail_next(self, *errors: ServiceError) -> None:
        """Let the next questions raise these errors, one each."""
        self._failures += errors

    def during_next(self, act: Callable[[], Awaitable[object]]) -> None:
        """Let something happen while the next question is on its way."""
        self._meanwhile.append(act)

    async def gather(
        self, channel: str, audiences: Collection[str], contact_lists: Collection[str], *, basis: Basis
    ) -> TargetingFacts:
        """See the port."""
        self.asked.append(Asked(channel, frozenset(audiences), frozenset(contact_lists), basis))
        if self._meanwhile:
            await self._meanwhile.popleft()()
        if self._failures:
            raise self._failures.popleft()
        if channel not in self._channels:
            raise NotFound(channel)
        return TargetingFacts(
            basis=basis,
            channel=self._channels[channel],
            audiences={name: self._audiences[name] for name in audiences if name in self._audiences},
            contact_lists={name: self._contact_lists[name] for name in contact_lists if name in self._contact_lists},
        )
