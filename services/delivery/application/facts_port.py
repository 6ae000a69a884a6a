"""Where policy's facts come from."""

from collections.abc import Collection
from typing import Protocol

from delivery.domain.policy.case import Subject
from delivery.domain.policy.facts import Basis, TargetingFacts
from delivery.domain.targeting.references import name_audiences, name_contact_lists


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


async def gather_facts(source: TargetingFactsSource, subject: Subject, *, basis: Basis) -> TargetingFacts:
    """Ask for the facts of everything that a campaign names; raises as the source does."""
    targeting = subject.targeting
    return await source.gather(subject.channel, name_audiences(targeting), name_contact_lists(targeting), basis=basis)
