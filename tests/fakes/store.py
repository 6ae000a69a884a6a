"""In-memory stand-ins for the ports of `kit.store`."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import Any, Generic, TypeVar

from kit.errors import RequestIdReused
from kit.store.ports import RequestKey

TxT = TypeVar("TxT")


class FakeUnitOfWork(Generic[TxT]):
    """A `UnitOfWork` over fakes: an exception restores every fake of `tx`, a dataclass, to its state at the start.

    Fakes keep immutable values in dictionaries, lists and sets; anything else of theirs stays as it is.
    """

    def __init__(self, tx: TxT) -> None:
        self.tx = tx
        self.commit_count = 0
        self.rollback_count = 0

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[TxT]:
        """Open a transaction; count how it ends."""
        saved = [(part, _copy(part.__dict__)) for part in self._parts()]
        try:
            yield self.tx
        except BaseException:
            self.rollback_count += 1
            for part, state in saved:
                part.__dict__.update(state)
            raise
        self.commit_count += 1

    @asynccontextmanager
    async def read(self) -> AsyncIterator[TxT]:
        """Open a view."""
        yield self.tx

    def _parts(self) -> Iterator[Any]:
        for field in fields(self.tx):  # type: ignore[arg-type]  # every Tx is a dataclass, which TypeVar can't say
            yield getattr(self.tx, field.name)


def _copy(value: Any) -> Any:
    match value:
        case dict():
            return {key: _copy(entry) for key, entry in value.items()}
        case list():
            return [_copy(entry) for entry in value]
        case set():
            return set(value)
    return value


class FakeRequestAnswers:
    """A `RequestAnswers` that remembers for ever."""

    def __init__(self) -> None:
        self.recorded: dict[RequestKey, tuple[bytes, str]] = {}

    async def find(self, key: RequestKey, request: bytes) -> str | None:
        """Return the recorded name; refuse another body."""
        if key not in self.recorded:
            return None
        recorded_request, resource = self.recorded[key]
        if recorded_request != request:
            raise RequestIdReused(key.request_id)
        return resource

    async def record(self, key: RequestKey, request: bytes, resource: str) -> None:
        """Keep the name."""
        self.recorded[key] = (request, resource)
