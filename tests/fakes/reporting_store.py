"""In-memory stand-ins for the store and the outbox of the reporting service."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reporting.application.ports import ObservationClaim, PagePosition
from reporting.domain.campaigns import Campaign
from reporting.domain.events import ReportPublished
from reporting.domain.observations import Observation
from reporting.domain.reports import Publication, Report
from tests.fakes.bus import FakeInbox


class FakeCampaigns:
    """A `CampaignStore`; a claim lasts until it is finished or `expire_claims` is called."""

    def __init__(self) -> None:
        self.stored: dict[str, Campaign] = {}
        self.claims: dict[str, int] = {}
        self.claim_count = 0

    async def hold(self, name: str, *, heard_time: datetime) -> Campaign:
        """Return the campaign, new where it is the first time."""
        return self.stored.setdefault(name, Campaign(name, heard_time))

    async def save(self, campaign: Campaign) -> None:
        """Store what was heard."""
        self.stored[campaign.name] = campaign

    async def claim_due(self, *, now: datetime, lease: timedelta) -> ObservationClaim | None:
        """Take one campaign that is due and free."""
        assert lease > timedelta()
        due = [
            (campaign.attempt_time, campaign.name)
            for campaign in self.stored.values()
            if campaign.attempt_time is not None and campaign.attempt_time <= now and campaign.name not in self.claims
        ]
        if not due:
            return None
        _, name = min(due)
        self.claim_count += 1
        self.claims[name] = self.claim_count
        return ObservationClaim(self.stored[name], self.claim_count)

    async def hold_claimed(self, claim: ObservationClaim) -> Campaign | None:
        """Return the campaign while the claim is held."""
        held = self.claims.get(claim.campaign.name) == claim.number
        return self.stored[claim.campaign.name] if held else None

    async def finish(self, claim: ObservationClaim, campaign: Campaign) -> None:
        """Store the campaign, and end the claim."""
        self.stored[campaign.name] = campaign
        del self.claims[claim.campaign.name]

    def expire_claims(self) -> None:
        """Let every lease run out."""
        self.claims.clear()


class FakePublications:
    """A `PublicationStore` that shows its lines."""

    def __init__(self) -> None:
        self.lines: list[Publication] = []

    async def add(self, publication: Publication) -> None:
        """Append a line."""
        assert (publication.campaign, publication.day) not in {(line.campaign, line.day) for line in self.lines}
        self.lines.append(publication)

    async def find_last(self, campaign: str) -> Publication | None:
        """Return the last line of a campaign."""
        return max((line for line in self.lines if line.campaign == campaign), key=lambda line: line.day, default=None)


class FakeObservations:
    """An `ObservationStore` that shows what it keeps."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, int, Observation]] = []

    async def add(self, campaign: str, day: int, observation: Observation) -> None:
        """Keep raw figures."""
        self.kept.append((campaign, day, observation))


class FakeReports:
    """A `ReportStore` with the reports that a test puts into it, the newest first."""

    def __init__(self) -> None:
        self.known: list[Report] = []

    async def find(self, campaign: str) -> Report | None:
        """Return the report of a campaign."""
        return next((report for report in self.known if report.campaign.name == campaign), None)

    async def page(self, channel: str, *, after: PagePosition | None, size: int) -> list[Report]:
        """Return the first page."""
        assert after is None
        return [report for report in self.known if report.campaign.channel == channel][:size]


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
    publications: FakePublications = field(default_factory=FakePublications)
    observations: FakeObservations = field(default_factory=FakeObservations)
    reports: FakeReports = field(default_factory=FakeReports)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    outbox: FakeReportOutbox = field(default_factory=FakeReportOutbox)
