"""Who blocked the OA when, so that a past day's numbers stay what they were (LP 6.4)."""

from dataclasses import dataclass, field

from sandbox import bits


@dataclass(slots=True)
class BlockLog:
    """Blocks and unblocks in order of time; the past is read by undoing what came after it."""

    _changes: list[tuple[int, bool, bits.Kept]] = field(default_factory=list)

    def note(self, day: int, people: int, *, blocking: bool) -> None:
        """Note that people began to block, or stopped, on a JST day (ordinal)."""
        if people:
            self._changes.append((day, blocking, bits.keep(people)))

    def undo_after(self, day: int, blocked: int) -> int:
        """Return who blocked at the end of a day, from who blocks now."""
        for changed_on, blocking, kept in reversed(self._changes):
            if changed_on > day:
                people = bits.open_kept(kept)
                blocked = blocked & ~people if blocking else blocked | people
        return blocked
