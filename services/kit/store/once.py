"""A request that must have its effect once, however often it is repeated (AIP-155, ST 1.12)."""

from dataclasses import dataclass

from kit.store.ports import RequestAnswers, RequestKey


@dataclass(frozen=True, slots=True)
class Once:
    """A caller's request; `body` is canonical and without its `request_id`, so that another body is noticed.

    A use case asks `find` in the transaction of its effect, before it, and answers a repetition with the resource as
    it is now. Where it looks outside before its effect, it asks before that too, so that a repetition costs nothing.
    """

    key: RequestKey
    body: bytes

    async def find(self, answers: RequestAnswers) -> str | None:
        """Return the name of the resource that an earlier call was answered with; None for a first call.

        Raises:
            RequestIdReused: the earlier call had another body.

        """
        return await answers.find(self.key, self.body)

    async def keep(self, answers: RequestAnswers, resource: str) -> None:
        """Note the name of the resource that the call is answered with, in the transaction of its effect."""
        await answers.record(self.key, self.body, resource)
