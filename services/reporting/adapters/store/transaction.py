"""The stores of the reporting service over one connection."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events.inbox import SqlInbox
from kit.events.outbox import Outbox
from kit.ids import Ids
from reporting.adapters.events import EventOutbox
from reporting.adapters.store.campaigns import SqlCampaignStore
from reporting.adapters.store.ledger import SqlObservationStore, SqlPublicationStore
from reporting.adapters.store.reconciliations import SqlReconciliationStore
from reporting.adapters.store.reports import SqlReportStore


@dataclass(frozen=True, slots=True)
class SqlTransaction:
    """`Transaction` of the application's ports."""

    campaigns: SqlCampaignStore
    reconciliations: SqlReconciliationStore
    publications: SqlPublicationStore
    observations: SqlObservationStore
    reports: SqlReportStore
    inbox: SqlInbox
    outbox: EventOutbox


def build_transaction(connection: AsyncConnection, *, ids: Ids) -> SqlTransaction:
    """Dress a connection as the service's transaction."""
    return SqlTransaction(
        campaigns=SqlCampaignStore(connection),
        reconciliations=SqlReconciliationStore(connection),
        publications=SqlPublicationStore(connection),
        observations=SqlObservationStore(connection),
        reports=SqlReportStore(connection),
        inbox=SqlInbox(connection),
        outbox=EventOutbox(Outbox(connection), ids=ids),
    )
