"""The stores of the delivery service over one connection."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.adapters.events import EventOutbox
from delivery.adapters.store.campaigns import SqlCampaignStore
from delivery.adapters.store.insight import SqlInsightBudget
from delivery.adapters.store.lanes import SqlLaneStore
from delivery.adapters.store.ledger import SqlLedgerStore
from delivery.adapters.store.ledger_state import SqlLedgerStateStore
from delivery.adapters.store.quota import SqlQuotaStore
from delivery.adapters.store.resolutions import SqlDecisionLog
from delivery.adapters.store.sends import SqlSendStore
from delivery.domain.sending.lanes import CAPACITIES, Capacity, Endpoint
from kit.events.outbox import Outbox
from kit.ids import Ids
from kit.store.requests import SqlRequestAnswers


@dataclass(frozen=True, slots=True)
class SqlTransaction:
    """`Transaction` of the application's ports."""

    campaigns: SqlCampaignStore
    ledger: SqlLedgerStore
    ledger_state: SqlLedgerStateStore
    lanes: SqlLaneStore
    decisions: SqlDecisionLog
    sends: SqlSendStore
    quota: SqlQuotaStore
    insight: SqlInsightBudget
    requests: SqlRequestAnswers
    outbox: EventOutbox


def build_transaction(
    connection: AsyncConnection, *, ids: Ids, capacities: Mapping[Endpoint, Capacity] = CAPACITIES
) -> SqlTransaction:
    """Dress a connection as the service's transaction."""
    return SqlTransaction(
        campaigns=SqlCampaignStore(connection),
        ledger=SqlLedgerStore(connection, capacities),
        ledger_state=SqlLedgerStateStore(connection),
        lanes=SqlLaneStore(connection, capacities),
        decisions=SqlDecisionLog(connection),
        sends=SqlSendStore(connection),
        quota=SqlQuotaStore(connection),
        insight=SqlInsightBudget(connection),
        requests=SqlRequestAnswers(connection),
        outbox=EventOutbox(Outbox(connection), ids=ids),
    )
