"""One contact record: its values, their history, and where it came from (HS 6)."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from sandbox.hubspot.times import to_iso


@dataclass(frozen=True, slots=True)
class PastValue:
    """What a property held from a time on; empty when it was cleared."""

    name: str
    value: str
    since: datetime


@dataclass(slots=True)
class Contact:
    """One contact record. `properties` holds set values only: an empty string clears (HS 6.2)."""

    record_id: int
    properties: dict[str, str]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None
    merged_ids: tuple[int, ...] = ()
    _past: list[PastValue] = field(default_factory=list)

    def value(self, name: str) -> str | None:
        """Return a property's value, computed ones included; None when it has none."""
        match name:
            case "hs_object_id":
                return str(self.record_id)
            case "createdate":
                return to_iso(self.created_at)
            case "lastmodifieddate":
                return to_iso(self.updated_at)
            case "hs_merged_object_ids":
                return ";".join(map(str, self.merged_ids)) or None
            case _:
                return self.properties.get(name)

    def change(self, name: str, value: str, now: datetime) -> bool:
        """Set a value, or clear it with an empty one; whether that is another one than before."""
        before = self.properties.get(name, "")
        if value == before:
            return False
        # The first value is known without being written down until it is replaced.
        if all(past.name != name for past in self._past):
            self._past.append(PastValue(name, before, self.created_at))
        self._past.append(PastValue(name, value, now))
        if value:
            self.properties[name] = value
        else:
            del self.properties[name]
        return True

    def as_of(self, time: datetime) -> "Contact":
        """Return the contact with the values that it held at a time after its creation; itself when none changed."""
        if self.updated_at <= time:
            return self
        past = [past for past in self._past if past.since <= time]
        values = self.properties | {one.name: one.value for one in past}
        updated = max((one.since for one in past), default=self.created_at)
        return replace(self, properties={name: value for name, value in values.items() if value}, updated_at=updated)

    def history(self, name: str) -> Iterator[PastValue]:
        """Yield what a property held, newest first (HS 6.1)."""
        found = [past for past in self._past if past.name == name]
        if found:
            yield from reversed(found)
        elif self.properties.get(name):
            yield PastValue(name, self.properties[name], self.created_at)
