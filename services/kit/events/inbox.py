"""The inbox: each consumer handles each event once, in the transaction of the handler's effect (ST 3.4)."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events.envelope import Event
from kit.events.ports import Handler, Inbox
from kit.events.schema import INBOX
from kit.store.ports import UnitOfWork

_NOTE = (
    insert(INBOX)
    .values(consumer=bindparam("consumer"), event_id=bindparam("event_id"))
    .on_conflict_do_nothing()
    .returning(INBOX.c.event_id)
)


class SqlInbox:
    """`Inbox` over one transaction's connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def accept(self, consumer: str, event_id: str) -> bool:
        """Note the event as handled by `consumer`; False when it was handled before and must be skipped.

        A second transaction with the same event waits here for the first one's end.
        """
        noted = await self._connection.execute(_NOTE, {"consumer": consumer, "event_id": event_id})
        return noted.one_or_none() is not None


class HasInbox(Protocol):
    """A transaction bundle that offers the inbox."""

    @property
    def inbox(self) -> Inbox:
        """The inbox of this transaction."""
        ...


TxT = TypeVar("TxT", bound=HasInbox)


def handle_once(consumer: str, uow: UnitOfWork[TxT], apply: Callable[[TxT, Event], Awaitable[None]]) -> Handler:
    """Make a `Handler` that applies each event in one transaction with its note in the inbox, and skips repeats."""

    async def handle(event: Event) -> None:
        async with uow() as tx:
            if await tx.inbox.accept(consumer, event.id):
                await apply(tx, event)

    return handle
