"""Reads LINE's statistics for the reporting service, within the channel's budget (architecture 1)."""

from dataclasses import dataclass
from datetime import datetime

from delivery.application.line_port import LineInsight, RequestFigures
from delivery.application.lookup import find_campaign
from delivery.application.ports import Transaction
from delivery.domain.errors import CampaignNotAccepted, InsightBudgetExhausted
from delivery.domain.sending.row import SendRow
from kit.clock import Clock
from kit.store.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class RequestObservation:
    """What LINE counts for one row."""

    request: str
    accept_time: datetime
    figures: RequestFigures


@dataclass(frozen=True, slots=True)
class Observation:
    """What LINE counts for a campaign, at `observe_time`."""

    requests: tuple[RequestObservation, ...]
    observe_time: datetime


class Observing:
    """Spends the insight budget: 60 calls an hour for each channel (LP 1.6)."""

    def __init__(self, *, uow: UnitOfWork[Transaction], line: LineInsight, clock: Clock) -> None:
        self._uow = uow
        self._line = line
        self._clock = clock

    async def observe(self, name: str) -> Observation:
        """Return LINE's figures for each accepted row of a campaign, in ledger order.

        Raises:
            NotFound: there is no such campaign.
            CampaignNotAccepted: LINE has accepted nothing of it.
            InsightBudgetExhausted: the hour's calls are used up; none was made.
            Unavailable: LINE gives no answer.
            LineCredentialsRefused: LINE refuses the channel's credentials.

        """
        async with self._uow.read() as tx:
            campaign = await find_campaign(tx, name)
            taken = [pair for row in await tx.ledger.list_of_campaign(name) for pair in _list_taken(row)]
        if not taken:
            raise CampaignNotAccepted(name)
        now = self._clock.now()
        await self._spend(campaign.channel, len(taken), at=now)
        return Observation(tuple([await self._observe(campaign.channel, found) for found in taken]), now)

    async def _spend(self, channel: str, count: int, *, at: datetime) -> None:
        async with self._uow() as tx:
            wait = await tx.insight.spend(channel, count, at=at)
        if wait is not None:
            raise InsightBudgetExhausted(channel, retry_after=wait)

    async def _observe(self, channel: str, taken: "_Taken") -> RequestObservation:
        figures = await self._line.get_message_event(channel, taken.line_request_id)
        return RequestObservation(taken.request, taken.accept_time, figures)


@dataclass(frozen=True, slots=True)
class _Taken:
    """One of LINE's requests: `request` is stable and unique, also where LINE has taken a row twice."""

    request: str
    line_request_id: str
    accept_time: datetime


def _list_taken(row: SendRow) -> tuple[_Taken, ...]:
    acceptance = row.acceptance
    if acceptance is None:
        return ()
    names = (row.name, *(f"{row.name}/{line_request_id}" for line_request_id in acceptance.ids[1:]))
    return tuple(
        _Taken(name, line_request_id, acceptance.time)
        for name, line_request_id in zip(names, acceptance.ids, strict=True)
    )
