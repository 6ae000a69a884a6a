"""What the use cases of the reporting service need from the outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from kit.events.ports import Inbox
from kit.store.ports import Claim, Claims
from reporting.domain.campaigns import Campaign, Slot
from reporting.domain.events import ReportPublished
from reporting.domain.observations import Observation
from reporting.domain.reconciliation import Reconciliation, StreamPlace
from reporting.domain.reports import Publication, Report
from reporting.domain.sends import Send


class SendObserver(Protocol):
    """LINE's raw figures, which delivery reads within the channel's insight budget."""

    async def observe(self, campaign: str) -> Observation:
        """Read LINE's figures for every request of a campaign.

        Raises:
            NothingToObserve: delivery knows of no request that LINE accepted.
            ObservationPostponed: no figures now; another time there may be.

        """
        ...


@dataclass(frozen=True, slots=True)
class SendPage:
    """Some of the sends, those that changed first in front, and the token of the next page, empty on the last one."""

    sends: Sequence[Send]
    next_page_token: str


class SendList(Protocol):
    """Delivery's list of the campaigns that were ordered."""

    async def page(self, *, since: datetime, page_token: str, channel: str | None = None) -> SendPage:
        """Return a page of the sends that changed at `since` or later, of one channel or of all of them.

        Raises:
            SendsUnavailable: delivery gives no list now.
            PageTokenRefused: the token is not taken any more.

        """
        ...


class StreamWatch(Protocol):
    """The stream of delivery's events."""

    async def look(self) -> StreamPlace | None:
        """Return where the consumer stands; None when that can't be said now."""
        ...


@dataclass(frozen=True, slots=True)
class PagePosition:
    """Where a page of reports ended: its last campaign."""

    start_time: datetime
    campaign: str


class CampaignStore(Claims[Campaign], Protocol):
    """Campaigns that were heard of; one worker at a time reads the figures of one."""

    async def lock(self, name: str, *, heard_time: datetime) -> Campaign:
        """Return the campaign, new where it is the first time, and keep others from changing it until the end."""
        ...

    async def save(self, campaign: Campaign) -> None:
        """Store a campaign that is locked or held."""
        ...

    async def claim_due(self, *, now: datetime, lease: timedelta) -> Claim[Campaign] | None:
        """Take one campaign whose attempt is due at `now`; nobody else gets it while the lease, machine time, runs."""
        ...


class ReconciliationStore(Claims[Reconciliation], Protocol):
    """How far this service has compared itself with others; one worker at a time reads the pages of a pass."""

    async def find(self, service: str) -> Reconciliation:
        """Return the comparison with a service."""
        ...

    async def lock(self, service: str) -> Reconciliation:
        """Return it, and keep others from changing it until the end."""
        ...

    async def save(self, reconciliation: Reconciliation) -> None:
        """Store one that is locked or held."""
        ...

    async def claim_due(self, *, now: datetime, lease: timedelta) -> Claim[Reconciliation] | None:
        """Take one that is due at `now`; nobody else gets it while the lease, machine time, runs."""
        ...


class PublicationStore(Protocol):
    """The publication ledger."""

    async def add(self, publication: Publication) -> None:
        """Append a line; a second one for a slot of a campaign fails."""
        ...

    async def find_last(self, campaign: str) -> Publication | None:
        """Return the last line of a campaign."""
        ...


class ObservationStore(Protocol):
    """Raw figures, kept since LINE does not say for how long it tells them (LP 7.4); nothing reads them to callers."""

    async def add(self, campaign: str, slot: Slot, observation: Observation) -> None:
        """Keep what a publication was made of."""
        ...


class ReportStore(Protocol):
    """Reports, as they are read."""

    async def find(self, campaign: str) -> Report | None:
        """Return the report of a campaign; None when nothing is known of it."""
        ...

    async def page(self, channel: str, *, after: PagePosition | None, size: int) -> list[Report]:
        """Return up to `size` reports of a channel, the newest campaign first, from the one after `after`."""
        ...


class Outbox(Protocol):
    """Takes facts that are published once the transaction has committed (ST 3.4)."""

    async def add(self, event: ReportPublished) -> None:
        """Put a fact into the outbox."""
        ...


class Transaction(Protocol):
    """The service's stores over one connection."""

    @property
    def campaigns(self) -> CampaignStore: ...  # noqa: D102 - named by its type

    @property
    def reconciliations(self) -> ReconciliationStore: ...  # noqa: D102 - named by its type

    @property
    def publications(self) -> PublicationStore: ...  # noqa: D102 - named by its type

    @property
    def observations(self) -> ObservationStore: ...  # noqa: D102 - named by its type

    @property
    def reports(self) -> ReportStore: ...  # noqa: D102 - named by its type

    @property
    def inbox(self) -> Inbox: ...  # noqa: D102 - named by its type

    @property
    def outbox(self) -> Outbox: ...  # noqa: D102 - named by its type
