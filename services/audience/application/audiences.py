"""Use cases of the audience catalog: looking it up."""

from audience.application.channels import require_channel
from audience.application.ports import Transaction
from audience.domain.audiences import Audience, Kind, State
from kit.errors import NotFound
from kit.store.ports import UnitOfWork

LISTED_STATES = frozenset(State) - {State.REMOVED}
"""What a list shows when the caller names no states."""


class Audiences:
    """Tells which audiences LINE keeps for a channel (R1)."""

    def __init__(self, uow: UnitOfWork[Transaction]) -> None:
        self._uow = uow

    async def get(self, name: str) -> Audience:
        """Return one entry of the catalog.

        Raises:
            NotFound: the catalog has none of that name.

        """
        async with self._uow.read() as tx:
            found = await tx.audiences.find([name])
        if not found:
            raise NotFound(name)
        return found[0]

    async def page(
        self, channel: str, *, kinds: frozenset[Kind], states: frozenset[State], after: int | None, size: int
    ) -> list[Audience]:
        """Return up to `size` entries by id, from the one after `after`; empty filters mean all but REMOVED.

        Raises:
            ChannelNotFound: there is no such channel.

        """
        async with self._uow.read() as tx:
            await require_channel(tx, channel)
            return await tx.audiences.page(channel, kinds=kinds, states=states or LISTED_STATES, after=after, size=size)
