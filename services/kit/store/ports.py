"""The store as application code sees it: no driver, no SQL."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, Protocol, TypeVar

Tx_co = TypeVar("Tx_co", covariant=True)
ItemT = TypeVar("ItemT")


class UnitOfWork(Protocol[Tx_co]):
    """Opens transactions; `Tx` is the service's own bundle of ports over one connection.

    Nothing but what `tx` offers is awaited inside (architecture 1, ST 5.4): a transaction never waits for a network
    call. Raises `StoreConflict` and `StoreUnavailable` from entering, from the work, and from the commit.
    """

    def __call__(self) -> AbstractAsyncContextManager[Tx_co]:
        """Open a transaction that commits on a clean exit and rolls back on any exception."""
        ...

    def read(self) -> AbstractAsyncContextManager[Tx_co]:
        """Open a read-only view: each statement sees the latest commit, and a write fails."""
        ...


@dataclass(frozen=True, slots=True)
class Claim(Generic[ItemT]):
    """An item that this process works on, as it was when it was claimed; `number` fences off whoever had it before."""

    item: ItemT
    number: int


class Claims(Protocol[ItemT]):
    """Claims on items that one process at a time is to work on.

    A store offers one or more ways to claim, which say what is due: `claim…(…, lease) -> Claim | None`. A lease runs in
    machine time; whoever outlives it may be succeeded, so that every write that depends on a claim begins with `hold`.
    """

    async def extend(self, claim: Claim[ItemT], *, lease: timedelta) -> bool:
        """Keep others away for another `lease` from now; False when the claim was lost."""
        ...

    async def hold(self, claim: Claim[ItemT]) -> ItemT | None:
        """Return the item as it is now, and keep it so until the transaction ends; None when the claim was lost."""
        ...

    async def release(self, claim: Claim[ItemT]) -> None:
        """End a claim, so that the item is free at once; harmless when it was lost."""
        ...


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Identifies one repeatable request (AIP-155): `request_id` is the caller's UUID as text, in lower case."""

    caller: str
    method: str
    request_id: str


class RequestAnswers(Protocol):
    """Which resource each earlier request was answered with, so that a repeated one does nothing (ST 1.12, AIP-155)."""

    async def find(self, key: RequestKey, request: bytes) -> str | None:
        """Return the resource name recorded for `key`, or None for a first request.

        `request` is the canonical body without what may differ between repeats. Until the transaction ends, every
        other transaction that asks for the same key waits; so `find` comes before any effect.

        Raises:
            kit.errors.RequestIdReused: the key was recorded with another body.

        """
        ...

    async def record(self, key: RequestKey, request: bytes, resource: str) -> None:
        """Keep a resource name; it becomes visible with this transaction's commit. Call `find` first."""
        ...
