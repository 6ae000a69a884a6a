"""The stores of the audience service over one connection."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from audience.adapters.events import EventOutbox
from audience.adapters.store.audiences import SqlAudienceStore
from audience.adapters.store.channels import SqlChannelStore
from audience.adapters.store.contact_lists import SqlContactListStore
from kit.events.outbox import Outbox
from kit.ids import Ids
from kit.store.requests import SqlRequestAnswers


@dataclass(frozen=True, slots=True)
class SqlTransaction:
    """`Transaction` of the application's ports."""

    channels: SqlChannelStore
    audiences: SqlAudienceStore
    contact_lists: SqlContactListStore
    requests: SqlRequestAnswers
    outbox: EventOutbox


def build_transaction(connection: AsyncConnection, *, ids: Ids) -> SqlTransaction:
    """Dress a connection as the service's transaction."""
    return SqlTransaction(
        channels=SqlChannelStore(connection),
        audiences=SqlAudienceStore(connection),
        contact_lists=SqlContactListStore(connection),
        requests=SqlRequestAnswers(connection),
        outbox=EventOutbox(Outbox(connection), ids=ids),
    )
