"""Where HubSpot's resources lie: numbered and date-based path families (HS 1)."""

from dataclasses import dataclass
from urllib.parse import quote

NUMBERED = "v3"


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of one API version: `v3`, or a date as `2026-03`."""

    version: str = NUMBERED

    def lists(self, tail: str = "") -> str:
        """Return a path of the lists API."""
        return self._family("lists") + tail

    def contacts(self, tail: str = "") -> str:
        """Return a path of the contacts API; its date comes before the object type."""
        return self._family("objects") + "/contacts" + tail

    def contact_property(self, name: str) -> str:
        """Return the path of one contact property definition."""
        return self._family("properties") + "/contacts/" + quote(name, safe="")

    def _family(self, name: str) -> str:
        return f"/crm/{self.version}/{name}" if self.version == NUMBERED else f"/crm/{name}/{self.version}"
