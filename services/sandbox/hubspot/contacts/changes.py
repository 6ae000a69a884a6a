"""What happened to a contact, for those who listen: webhooks (HS 8)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

ChangeKind = Literal["creation", "deletion", "propertyChange", "merge", "restore", "privacyDeletion"]


@dataclass(frozen=True, slots=True)
class ContactChange:
    """One change of one contact; `value` is what a property holds now, empty when it was cleared.

    A merge tells the contact that won (`primary_id`), the ids that were merged, and the new one.
    """

    kind: ChangeKind
    record_id: int
    property_name: str | None = None
    value: str = ""
    primary_id: int | None = None
    merged_ids: tuple[int, ...] = ()
    properties_moved: int = 0


Listener = Callable[[ContactChange], None]
