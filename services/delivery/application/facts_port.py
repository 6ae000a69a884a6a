"""Where policy's facts come from."""

from collections.abc import Collection
from typing import Protocol

from delivery.domain.facts import Basis, TargetingFacts


class TargetingFactsSource(Protocol):
    """The audience service, which knows channels, audiences and contact lists."""

    async def gather(
        self, channel: str, audiences: Collection[str], contact_lists: Collection[str], *, basis: Basis
    ) -> TargetingFacts:
        """Return the facts of a channel and of those of the audiences and lists that exist, all given by name.

        `basis` chooses between the sizes that callers may see, for checks, and LINE's own, for the dispatcher (V7).

        Raises:
            NotFound: there is no such channel.
            Unavailable: the audience service gives no answer.

        """
        ...
