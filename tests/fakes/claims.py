"""An in-memory stand-in for `kit.store.claims`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from datetime import timedelta
from typing import Any, Generic, TypeVar

from kit.store.ports import Claim

ItemT = TypeVar("ItemT")


class FakeClaims(ABC, Generic[ItemT]):
    """`Claims` on the items of the fake store that derives from it.

    A lease ends when it is released, or when a test calls `expire`; one that is not positive has ended already.
    """

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._leased: dict[Hashable, timedelta] = {}

    @abstractmethod
    def _find(self, key: Hashable) -> ItemT | None:
        """Look an item up."""

    @abstractmethod
    def _key_of(self, item: ItemT) -> Hashable:
        """Tell an item's key."""

    async def extend(self, claim: Claim[ItemT], *, lease: timedelta) -> bool:
        """Begin the lease anew."""
        if not self._holds(claim):
            return False
        self._lease(claim.item, lease)
        return True

    async def hold(self, claim: Claim[ItemT]) -> ItemT | None:
        """Return the item as it is now; None when the claim was lost."""
        return self._find(self._key_of(claim.item)) if self._holds(claim) else None

    async def hold_regardless(self, claim: Claim[ItemT]) -> tuple[ItemT, bool]:
        """Return the item as it is now, and whether the claim still holds."""
        item = self._find(self._key_of(claim.item))
        if item is None:
            raise LookupError(claim.item)
        return item, self._holds(claim)

    async def release(self, claim: Claim[ItemT]) -> None:
        """End the lease, unless the claim was lost."""
        if self._holds(claim):
            self.vacate(claim.item)

    def expire(self) -> None:
        """Let the leases of all items run out."""
        self._leased.clear()

    def revoke(self, item: ItemT) -> None:
        """Take an item away from whoever has claimed it."""
        key = self._key_of(item)
        self._numbers[key] = self._numbers.get(key, 0) + 1
        self.vacate(item)

    def vacate(self, item: ItemT) -> None:
        """End an item's lease, if it has one; whoever had claimed it is fenced off by the next claim, not before."""
        self._leased.pop(self._key_of(item), None)

    def is_free(self, item: ItemT) -> bool:
        """Tell whether nobody has claimed an item."""
        return self._key_of(item) not in self._leased

    def grant(self, item: ItemT, *, lease: timedelta) -> Claim[ItemT]:
        """Claim an item that is free."""
        key = self._key_of(item)
        assert self.is_free(item)
        self._numbers[key] = self._numbers.get(key, 0) + 1
        self._lease(item, lease)
        return Claim(item, self._numbers[key])

    def grant_first(self, due: Iterable[ItemT], *, by: Callable[[ItemT], Any], lease: timedelta) -> Claim[ItemT] | None:
        """Claim the first item, in the order of `by`, of those that are due and free."""
        first = min(filter(self.is_free, due), key=by, default=None)
        return None if first is None else self.grant(first, lease=lease)

    def _lease(self, item: ItemT, lease: timedelta) -> None:
        self.vacate(item)
        if lease > timedelta():
            self._leased[self._key_of(item)] = lease

    def _holds(self, claim: Claim[ItemT]) -> bool:
        return self._numbers.get(self._key_of(claim.item)) == claim.number
