"""What people leave behind that only LINE knows: how they came, their chat tags, the pages they saw (LP 3.2)."""

from dataclasses import dataclass, field

from sandbox import bits

# Visits older than any window are forgotten.
LONGEST_WINDOW_DAYS = 180


@dataclass(slots=True)
class Traces:
    """Sets over the account's population: by friend path, by chat tag, and by page and JST day (ordinal)."""

    paths: dict[str, int] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    _visits: dict[str, dict[int, bits.Kept]] = field(default_factory=dict)

    def come(self, path: str, people: int) -> None:
        """Note through which path people added the OA."""
        self.paths[path] = self.paths.get(path, 0) | people

    def tag(self, name: str, people: int) -> None:
        """Give people a chat tag."""
        self.tags[name] = self.tags.get(name, 0) | people

    def untag(self, name: str, people: int) -> None:
        """Take a chat tag from people."""
        self.tags[name] = self.tags.get(name, 0) & ~people

    def visit(self, page: str, people: int, *, day: int) -> None:
        """Note that the LINE Tag saw people on a page."""
        days = self._visits.setdefault(page, {})
        days[day] = bits.keep(bits.open_kept(days.get(day, 0)) | people)
        for old in [known for known in days if known <= day - LONGEST_WINDOW_DAYS]:
            del days[old]

    def visitors(self, page: str, *, today: int, within_days: int) -> int:
        """Return who was seen on a page on the last so many days, today among them."""
        found = 0
        for day, kept in self._visits.get(page, {}).items():
            if today - within_days < day <= today:
                found |= bits.open_kept(kept)
        return found
