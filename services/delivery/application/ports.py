"""What the use cases of the delivery service need from the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from delivery.domain.campaigns.campaign import Campaign
from delivery.domain.campaigns.events import CampaignEvent
from delivery.domain.sending.ledger import SendRequest
from kit.store.ports import RequestAnswers


@dataclass(frozen=True, slots=True)
class PagePosition:
    """Where a page ended: lists are ordered by time, the newest first, then by name."""

    create_time: datetime
    name: str


@dataclass(frozen=True, slots=True)
class RequestClaim:
    """A row that this process is to work on; `number` fences off whoever had it before."""

    request: SendRequest
    number: int


class CampaignStore(Protocol):
    """Campaigns."""

    async def add(self, campaign: Campaign) -> None:
        """Store a new campaign; raises `kit.errors.AlreadyExists`."""
        ...

    async def find(self, name: str) -> Campaign | None:
        """Return the campaign of that name."""
        ...

    async def hold(self, name: str) -> Campaign | None:
        """Return the campaign and keep others from changing it until the transaction ends."""
        ...

    async def save(self, campaign: Campaign) -> None:
        """Store the campaign's present state."""
        ...

    async def page(self, channel: str, *, after: PagePosition | None, size: int) -> list[Campaign]:
        """Return up to `size` campaigns of a channel, the newest first, from the one after `after`."""
        ...


class LedgerStore(Protocol):
    """The send ledger: rows, and beside them a log of attempts to which lines are only added."""

    async def add(self, request: SendRequest) -> None:
        """Store a new row."""
        ...

    async def list_of_campaign(self, campaign: str) -> list[SendRequest]:
        """Return a campaign's rows, in ledger order."""
        ...

    async def claim_call(self, *, now: datetime, lease: timedelta) -> RequestClaim | None:
        """Take one row that LINE is to be called for by `now`; nobody else gets it while the lease runs."""
        ...

    async def claim_progress(self, *, now: datetime, lease: timedelta) -> RequestClaim | None:
        """Take one accepted row whose progress is to be asked for by `now`."""
        ...

    async def extend(self, claim: RequestClaim, *, lease: timedelta) -> bool:
        """Hold on to a claim, in machine time; False when it was lost."""
        ...

    async def hold(self, claim: RequestClaim) -> tuple[SendRequest, bool]:
        """Return the row as it is now, held until the end, and whether the claim still holds."""
        ...

    async def save(self, request: SendRequest) -> None:
        """Store a row that is held."""
        ...

    async def release(self, claim: RequestClaim) -> None:
        """End a claim; harmless when it was lost."""
        ...

    async def log(self, request: SendRequest, *, entry: str, evidence: str, at: datetime) -> None:
        """Add a line to the log of attempts; `evidence` holds nobody's data."""
        ...


class InsightBudget(Protocol):
    """Insight calls of a channel: 60 an hour (LP 1.6), shared by all replicas."""

    async def spend(self, channel: str, count: int, *, at: datetime) -> timedelta | None:
        """Take `count` calls; or take none and return how long to wait."""
        ...


class Outbox(Protocol):
    """Takes facts that are published once the transaction has committed (ST 3.4)."""

    async def add(self, events: Sequence[CampaignEvent]) -> None:
        """Put facts into the outbox, in order."""
        ...


class Transaction(Protocol):
    """The service's stores over one connection."""

    @property
    def campaigns(self) -> CampaignStore: ...  # noqa: D102 - named by its type

    @property
    def ledger(self) -> LedgerStore: ...  # noqa: D102 - named by its type

    @property
    def insight(self) -> InsightBudget: ...  # noqa: D102 - named by its type

    @property
    def requests(self) -> RequestAnswers: ...  # noqa: D102 - named by its type

    @property
    def outbox(self) -> Outbox: ...  # noqa: D102 - named by its type
