"""In-memory stand-ins for the store and the outbox of the reporting service."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kit.store.ports import Claim
from reporting.application.ports import PagePosition
from reporting.domain.campaigns import Campaign, Slot
from reporting.domain.events import ReportPublished
from reporting.domain.observations import Observation
from reporting.domain.reconciliation import BEGINNING, Reconciliation
from reporting.domain.reports import Publication, Report
from tests.fakes.bus import FakeInbox
from tests.fakes.claims import FakeClaims


class FakeCampaigns(FakeClaims[Campaign]):
    """A `CampaignStore`."""

    def __init__(self) -> None:
        super().__init__()
        self.stored: dict[Hashable, Campaign] = {}

    async def lock(self, name: str, *, heard_time: datetime) -> Campaign:
        """Return the campaign, new where it is the first time."""
        return self.stored.setdefault(name, Campaign(name, heard_time))

    async def save(self, campaign: Campaign) -> None:
        """Store what was heard."""
        self.stored[campaign.name] = campaign

    async def claim_due(self, *, now: datetime, lease: timedelta) -> Claim[Campaign] | None:
        """Take one campaign that is due and free."""
        due = [
            campaign
            for campaign in self.stored.values()
            if campaign.attempt_time is not None and campaign.attempt_time <= now
        ]
        return self.grant_first(due, by=lambda campaign: (campaign.attempt_time, campaign.name), lease=lease)

    def _find(self, key: Hashable) -> Campaign | None:
        return self.stored.get(key)

    def _key_of(self, item: Campaign) -> Hashable:
        return item.name


class FakeReconciliations(FakeClaims[Reconciliation]):
    """A `ReconciliationStore` with what migrations make."""

    def __init__(self) -> None:
        super().__init__()
        self.stored: dict[Hashable, Reconciliation] = {"delivery": Reconciliation("delivery", BEGINNING)}

    async def find(self, service: str) -> Reconciliation:
        """Return the comparison with a service."""
        return self.stored[service]

    async def lock(self, service: str) -> Reconciliation:
        """Return it."""
        return self.stored[service]

    async def save(self, reconciliation: Reconciliation) -> None:
        """Store it."""
        self.stored[reconciliation.service] = reconciliation

    async def claim_due(self, *, now: datetime, lease: timedelta) -> Claim[Reconciliation] | None:
        """Take one that is due and free."""
        due = [item for item in self.stored.values() if item.next_time <= now]
        return self.grant_first(due, by=lambda item: item.next_time, lease=lease)

    def _find(self, key: Hashable) -> Reconciliation | None:
        return self.stored.get(key)

    def _key_of(self, item: Reconciliation) -> Hashable:
        return item.service


class FakePublications:
    """A `PublicationStore` that shows its lines."""

    def __init__(self) -> None:
        self.lines: list[Publication] = []

    async def add(self, publication: Publication) -> None:
        """Append a line."""
        assert _slot_of(publication) not in map(_slot_of, self.lines)
        self.lines.append(publication)

    async def find_last(self, campaign: str) -> Publication | None:
        """Return the last line of a campaign."""
        return max((line for line in self.lines if line.campaign == campaign), key=_slot_of, default=None)

    def find_published(self, campaign: Campaign) -> Publication | None:
        """Return the line of the slot that a campaign says was published last."""
        slot = campaign.published
        if slot is None:
            return None
        key = (campaign.name, slot.round, slot.day)
        return next((line for line in self.lines if _slot_of(line) == key), None)


def _slot_of(publication: Publication) -> tuple[str, int, int]:
    return publication.campaign, publication.round, publication.day


class FakeObservations:
    """An `ObservationStore` that shows what it keeps."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, Slot, Observation]] = []

    async def add(self, campaign: str, slot: Slot, observation: Observation) -> None:
        """Keep raw figures."""
        assert (campaign, slot.round, slot.day) not in {(name, kept.round, kept.day) for name, kept, _ in self.kept}
        self.kept.append((campaign, slot, observation))


class FakeReports:
    """A `ReportStore` over the other fakes."""

    def __init__(self, campaigns: FakeCampaigns, publications: FakePublications) -> None:
        self._campaigns = campaigns
        self._publications = publications

    async def find(self, campaign: str) -> Report | None:
        """Return the report of a campaign."""
        found = self._campaigns.stored.get(campaign)
        return None if found is None else Report(found, self._publications.find_published(found))

    async def page(self, channel: str, *, after: PagePosition | None, size: int) -> list[Report]:
        """Return a page, the newest campaign first."""
        kept = sorted(
            ((item.start_time, item.name) for item in self._campaigns.stored.values() if item.channel == channel),
            reverse=True,
        )
        names = [name for time, name in kept if after is None or (time, name) < (after.start_time, after.campaign)]
        found = [await self.find(name) for name in names[:size]]
        return [report for report in found if report is not None]


class FakeReportOutbox:
    """An `Outbox` that shows what was added, in order."""

    def __init__(self) -> None:
        self.events: list[ReportPublished] = []

    async def add(self, event: ReportPublished) -> None:
        """Keep the fact."""
        self.events.append(event)


@dataclass(frozen=True, slots=True)
class FakeTransaction:
    """`Transaction` over fakes."""

    campaigns: FakeCampaigns = field(default_factory=FakeCampaigns)
    reconciliations: FakeReconciliations = field(default_factory=FakeReconciliations)
    publications: FakePublications = field(default_factory=FakePublications)
    observations: FakeObservations = field(default_factory=FakeObservations)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    outbox: FakeReportOutbox = field(default_factory=FakeReportOutbox)

    @property
    def reports(self) -> FakeReports:
        """What is read of campaigns and publications."""
        return FakeReports(self.campaigns, self.publications)
