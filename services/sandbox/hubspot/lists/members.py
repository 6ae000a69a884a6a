"""The members of one list: record ids in ascending order with the time each joined."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

_FEW = 64  # up to here single insertions into the array are cheaper than building it anew


class Members:
    """Two parallel arrays of 64-bit integers: 16 bytes a member, so that millions fit, and a page is two slices."""

    __slots__ = ("_by_joining", "_first_joined", "_joined", "_record_ids")

    def __init__(self) -> None:
        self._record_ids = array("q")
        self._joined = array("q")
        self._first_joined: dict[int, int] = {}
        self._by_joining: list[tuple[int, int]] | None = None

    def __len__(self) -> int:
        return len(self._record_ids)

    @property
    def record_ids(self) -> Sequence[int]:
        """Return all members, ascending; to read only."""
        return self._record_ids

    def __contains__(self, record_id: int) -> bool:
        at = bisect_left(self._record_ids, record_id)
        return at < len(self._record_ids) and self._record_ids[at] == record_id

    def start_with(self, record_ids: "array[int]", *, joined_ms: int) -> None:
        """Hold these records, ascending, in place of any others."""
        self._record_ids = record_ids
        self._joined = array("q", [joined_ms]) * len(record_ids)
        self._by_joining = None

    def add(self, record_ids: Iterable[int], *, joined_ms: int) -> list[int]:
        """Add those that are not members yet; answers them in ascending order."""
        self._by_joining = None
        new = sorted(record_id for record_id in set(record_ids) if record_id not in self)
        if len(new) <= _FEW:
            for record_id in new:
                at = bisect_left(self._record_ids, record_id)
                self._record_ids.insert(at, record_id)
                self._joined.insert(at, joined_ms)
        else:
            self._rebuild(dict(zip(self._record_ids, self._joined, strict=True)) | dict.fromkeys(new, joined_ms))
        return new

    def remove(self, record_ids: Iterable[int]) -> list[int]:
        """Remove those that are members; answers them in ascending order."""
        self._by_joining = None
        gone = sorted(record_id for record_id in set(record_ids) if record_id in self)
        for record_id in gone:
            self._first_joined.setdefault(record_id, self._joined_at(record_id))
        if len(gone) <= _FEW:
            for record_id in gone:
                at = bisect_left(self._record_ids, record_id)
                del self._record_ids[at]
                del self._joined[at]
        else:
            left = dict(zip(self._record_ids, self._joined, strict=True))
            for record_id in gone:
                del left[record_id]
            self._rebuild(left)
        return gone

    def page_after(self, after: int, limit: int) -> list[tuple[int, int]]:
        """Return up to `limit` pairs of record id and joining time with ids above `after`, ascending."""
        start = bisect_right(self._record_ids, after)
        return self._pairs(start, start + limit)

    def page_before(self, before: int, limit: int) -> list[tuple[int, int]]:
        """Return up to `limit` pairs with ids below `before`, descending."""
        end = bisect_left(self._record_ids, before)
        return self._pairs(max(0, end - limit), end)[::-1]

    def joined_after(self, joined_ms: int, record_id: int, limit: int) -> list[tuple[int, int]]:
        """Return up to `limit` pairs that joined after a time, or at it with a higher id, in order of joining."""
        order = self._order()
        start = bisect_right(order, (joined_ms, record_id))
        return [(member, joined) for joined, member in order[start : start + limit]]

    def joined_before(self, joined_ms: int, record_id: int, limit: int) -> list[tuple[int, int]]:
        """Return up to `limit` pairs that joined before a time, or at it with a lower id, latest first."""
        order = self._order()
        end = bisect_left(order, (joined_ms, record_id))
        return [(member, joined) for joined, member in order[max(0, end - limit) : end][::-1]]

    def span_of(self, record_id: int) -> tuple[int, int] | None:
        """Return when a member joined first and last, in epoch milliseconds; None for who is no member."""
        if record_id not in self:
            return None
        joined = self._joined_at(record_id)
        return self._first_joined.get(record_id, joined), joined

    def _joined_at(self, record_id: int) -> int:
        return self._joined[bisect_left(self._record_ids, record_id)]

    def _order(self) -> list[tuple[int, int]]:
        """Return all members in order of joining, kept until they change."""
        if self._by_joining is None:
            self._by_joining = sorted(zip(self._joined, self._record_ids, strict=True))
        return self._by_joining

    def _pairs(self, start: int, end: int) -> list[tuple[int, int]]:
        return list(zip(self._record_ids[start:end], self._joined[start:end], strict=True))

    def _rebuild(self, joined: dict[int, int]) -> None:
        self._record_ids = array("q", sorted(joined))
        self._joined = array("q", (joined[record_id] for record_id in self._record_ids))
