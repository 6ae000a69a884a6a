"""A request that must have its effect once, however often it is repeated (AIP-155, ST 1.12)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from kit.store.ports import RequestAnswers, RequestKey

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Once(Generic[ResultT]):
    """A caller's request with the way its answer is kept.

    `body` is the request without its `request_id`, canonical, so that the same id with another body is noticed.
    `encode` turns the use case's result into the bytes of the answer that every repetition gets.
    """

    key: RequestKey
    body: bytes
    encode: Callable[[ResultT], bytes]

    async def find(self, answers: RequestAnswers) -> bytes | None:
        """Return the answer of an earlier call; raises `RequestIdReused` when that had another body."""
        return await answers.find(self.key, self.body)

    async def keep(self, answers: RequestAnswers, result: ResultT) -> bytes:
        """Keep and return the answer, in the transaction of the effect."""
        answer = self.encode(result)
        await answers.record(self.key, self.body, answer)
        return answer
