"""Email subscriptions of one account: keyed by address, and silent about LINE (HS 7)."""

from dataclasses import dataclass, field
from typing import Literal, get_args

Status = Literal["SUBSCRIBED", "NOT_SUBSCRIBED"]
STATUSES: tuple[str, ...] = get_args(Status)


@dataclass(frozen=True, slots=True)
class SubscriptionDefinition:
    """One kind of email that an address may be subscribed to."""

    definition_id: str
    name: str
    description: str


@dataclass(slots=True)
class Preferences:
    """What each address chose; who said nothing is not subscribed. Addresses compare without case."""

    definitions: list[SubscriptionDefinition] = field(
        default_factory=lambda: [SubscriptionDefinition("1", "Marketing Information", "Offers and updates")]
    )
    _choices: dict[tuple[str, str], Status] = field(default_factory=dict)

    def choose(self, email: str, definition_id: str, status: Status) -> None:
        """Note what an address chose."""
        self._choices[email.casefold(), definition_id] = status

    def status_of(self, email: str, definition: SubscriptionDefinition) -> Status:
        """Return whether an address is subscribed."""
        return self._choices.get((email.casefold(), definition.definition_id), "NOT_SUBSCRIBED")
