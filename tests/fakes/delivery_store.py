"""In-memory stand-ins for the store and the outbox of the delivery service."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from delivery.application.ports import PagePosition, Place
from delivery.domain.campaigns.campaign import Campaign, CampaignState
from delivery.domain.campaigns.events import CampaignEvent
from delivery.domain.campaigns.resolving import DecisionRecord
from delivery.domain.campaigns.sends import Send, sum_up
from delivery.domain.sending.failures import UncertaintyReason
from delivery.domain.sending.lanes import CAPACITIES, Endpoint, Lane, open_lane
from delivery.domain.sending.quota import Balance, Usage
from delivery.domain.sending.restores import LedgerState
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.settling import settle
from delivery.domain.sending.values import RowState
from kit.clock import Clock
from kit.errors import AlreadyExists
from kit.store.ports import Claim
from tests.fakes.claims import FakeClaims
from tests.fakes.delivery_ledger_state import FakeLedgerState
from tests.fakes.store import FakeRequestAnswers

MOST_INSIGHT_CALLS = 60
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log of attempts."""

    row: str
    entry: str
    evidence: str


class FakeCampaigns:
    """A `CampaignStore`."""

    def __init__(self) -> None:
        self.stored: dict[str, Campaign] = {}
        self.names: set[str] = set()

    async def add(self, campaign: Campaign) -> None:
        """Store a new campaign under a name that was never given before."""
        if campaign.name in self.names:
            raise AlreadyExists(campaign.name)
        self.names.add(campaign.name)
        self.stored[campaign.name] = campaign

    async def find(self, name: str) -> Campaign | None:
        """Return the campaign of that name."""
        return self.stored.get(name)

    async def hold(self, name: str) -> Campaign | None:
        """Return the campaign of that name."""
        return self.stored.get(name)

    async def save(self, campaign: Campaign) -> None:
        """Store the campaign's present state."""
        self.stored[campaign.name] = campaign

    async def refuse_names(self, names: Collection[str]) -> int:
        """Give those names that no campaign has ever had to none; return how many they are."""
        new = set(names) - self.names
        self.names |= new
        return len(new)

    async def list_drafts(self, names: Collection[str]) -> list[str]:
        """Return those names whose campaigns are drafts, sorted."""
        found = [self.stored[name] for name in sorted(set(names)) if name in self.stored]
        return [campaign.name for campaign in found if campaign.state is CampaignState.DRAFT]

    async def page(self, channel: str, *, after: PagePosition | None, size: int) -> list[Campaign]:
        """Return up to `size` campaigns of a channel, the newest first."""
        own = [campaign for campaign in self.stored.values() if campaign.channel == channel]
        own.sort(key=lambda campaign: (campaign.create_time, campaign.name), reverse=True)
        if after is not None:
            own = [campaign for campaign in own if (campaign.create_time, campaign.name) < (after.time, after.name)]
        return own[:size]


class FakeLanes:
    """A `LaneStore`."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, Endpoint], Lane] = {}
        self.served: list[tuple[str, Endpoint]] = []

    async def find(self, channel: str, endpoint: Endpoint, *, at: datetime) -> Lane:
        """Return a lane as it is."""
        return self.look(channel, endpoint, at=at)

    async def hold(self, channel: str, endpoint: Endpoint, *, at: datetime) -> Lane:
        """Return a lane, new where it is the first time."""
        return self.look(channel, endpoint, at=at)

    async def save(self, lane: Lane, *, at: datetime) -> None:  # noqa: ARG002 - the port's
        """Store a lane."""
        self.stored[lane.channel, lane.endpoint] = lane

    async def review(self, *, now: datetime) -> None:
        """Do nothing: this store forgets nothing."""

    def look(self, channel: str, endpoint: Endpoint, *, at: datetime) -> Lane:
        """Return a lane as it is."""
        key = channel, endpoint
        return self.stored.setdefault(key, open_lane(channel, endpoint, CAPACITIES[endpoint], at=at))

    def note(self, channel: str, endpoint: Endpoint) -> None:
        """Let a channel wait for its next turn."""
        self.served.append((channel, endpoint))

    def turn(self, channel: str, endpoint: Endpoint) -> int:
        """Return when a channel was last served, as a count; -1 for never."""
        turns = [number for number, served in enumerate(self.served) if served == (channel, endpoint)]
        return max(turns, default=-1)


class FakeLedger(FakeClaims[SendRow]):
    """A `LedgerStore`; its own clock, for the age of keys, is the machines'."""

    def __init__(self, lanes: FakeLanes, ledger_state: FakeLedgerState, machine_clock: Clock) -> None:
        super().__init__()
        self._ledger_state = ledger_state
        self.stored: dict[Hashable, SendRow] = {}
        self.lines: list[LogLine] = []
        self._lanes = lanes
        self._machine_clock = machine_clock
        self._first_attempts: dict[tuple[str, int], datetime] = {}

    async def add(self, row: SendRow) -> None:
        """Store a new row."""
        assert row.name not in self.stored
        self.stored[row.name] = row

    async def list_of_campaign(self, campaign: str) -> list[SendRow]:
        """Return a campaign's rows, in ledger order."""
        return sorted(self._rows(campaign), key=lambda row: row.number)

    async def hold_newest(self, campaign: str) -> SendRow | None:
        """Return a campaign's newest row."""
        return max(self._rows(campaign), key=lambda row: row.number, default=None)

    async def locate(self, campaigns: Collection[str]) -> Mapping[str, Place]:
        """Return the newest row of each campaign that has one, with its place in its channel's queue."""
        newest = {campaign: await self.hold_newest(campaign) for campaign in campaigns}
        return {campaign: self._place(row) for campaign, row in newest.items() if row is not None}

    async def count_waiting(self, channel: str) -> int:
        """Return how many rows of a channel wait for a first call."""
        return sum(row.channel == channel and row.state is RowState.READY for row in self.stored.values())

    async def claim(self, endpoint: Endpoint, *, now: datetime, lease: timedelta) -> Claim[SendRow] | None:
        """Take the oldest row that is due at an endpoint, of the channel that was served least recently."""
        if endpoint is Endpoint.NARROWCAST and self._ledger_state.inspection.state is not LedgerState.OPEN:
            return None
        due = [row for row in self.stored.values() if self._is_due(row, endpoint, now)]
        channels = {row.channel for row in due if self._may_serve(row.channel, endpoint, now)}
        if not channels:
            return None
        channel = min(channels, key=lambda name: (self._lanes.turn(name, endpoint), name))
        self._lanes.note(channel, endpoint)
        oldest = min((row for row in due if row.channel == channel), key=lambda row: (row.order_time, row.number))
        return self.grant(oldest, lease=lease)

    async def hold_ended(self, *, now: datetime) -> SendRow | None:
        """Return a row that has ended without another call, and that nobody works on."""
        for row in self.stored.values():
            is_undecided = row.state in (RowState.READY, RowState.CALLING)
            if is_undecided and self.is_free(row) and settle(row, at=now, age=None) is not None:
                return row
        return None

    async def has_calls_due(self, until: datetime) -> bool:
        """Tell whether LINE may have been called for any row until then."""
        return any(_may_be_called(row, until) for row in self.stored.values())

    async def seize(self, *, due: datetime, most: int) -> list[SendRow]:
        """Hold rows of which a restored ledger may have forgotten something, and end their claims."""
        rows = [row for row in self.stored.values() if _may_be_called(row, due) or _is_undecided(row)]
        seized = sorted(rows, key=lambda row: row.name)[:most]
        for row in seized:
            self.revoke(row)
        return seized

    async def measure_key_age(self, row: SendRow) -> timedelta | None:
        """Return how old the row's key is by the machines' clock."""
        begun = self._first_attempts.get((row.name, row.generation)) if row.attempt else None
        return None if begun is None else self._machine_clock.now() - begun

    async def save(self, row: SendRow) -> None:
        """Store a row; the clock is noted with a generation's first attempt."""
        if row.attempt is not None:
            self._first_attempts.setdefault((row.name, row.generation), self._machine_clock.now())
        self.stored[row.name] = row

    async def log(self, row: SendRow, *, entry: str, evidence: str, at: datetime) -> None:  # noqa: ARG002 - the port's
        """Add a line to the log of attempts."""
        self.lines.append(LogLine(row.name, entry, evidence))

    def _find(self, key: Hashable) -> SendRow | None:
        return self.stored.get(key)

    def _key_of(self, item: SendRow) -> Hashable:
        return item.name

    def _rows(self, campaign: str) -> list[SendRow]:
        return [row for row in self.stored.values() if row.campaign == campaign]

    def _place(self, row: SendRow) -> Place:
        before = [
            other
            for other in self.stored.values()
            if (other.channel, other.state) == (row.channel, RowState.READY)
            and (other.order_time, other.name) < (row.order_time, row.name)
        ]
        return Place(row, self._lanes.look(row.channel, Endpoint.NARROWCAST, at=row.order_time), len(before))

    def _is_due(self, row: SendRow, endpoint: Endpoint, now: datetime) -> bool:
        return _leads_to(row, endpoint) and row.next_time is not None and row.next_time <= now and self.is_free(row)

    def _may_serve(self, channel: str, endpoint: Endpoint, now: datetime) -> bool:
        lane = self._lanes.look(channel, endpoint, at=now)
        in_flight = sum(
            row.channel == channel and _leads_to(row, endpoint) and not self.is_free(row)
            for row in self.stored.values()
        )
        return lane.opens(now) <= now and in_flight < (1 if lane.in_trouble else CAPACITIES[endpoint].in_flight)


def _leads_to(row: SendRow, endpoint: Endpoint) -> bool:
    if row.state is RowState.ACCEPTED and not row.repeats:
        return endpoint is Endpoint.PROGRESS
    return endpoint is Endpoint.NARROWCAST and row.state in (RowState.READY, RowState.CALLING, RowState.ACCEPTED)


class FakeSends:
    """A `SendStore` over the fakes of the others."""

    def __init__(self, campaigns: FakeCampaigns, ledger: FakeLedger) -> None:
        self._campaigns = campaigns
        self._ledger = ledger

    async def page(self, channel: str | None, *, since: datetime, after: PagePosition | None, size: int) -> list[Send]:
        """Return up to `size` campaigns that were ordered, by their last change since then."""
        found = [
            campaign
            for campaign in self._campaigns.stored.values()
            if campaign.order is not None
            and campaign.update_time >= since
            and channel in (None, campaign.channel)
            and (after is None or (campaign.update_time, campaign.name) > (after.time, after.name))
        ]
        found.sort(key=lambda campaign: (campaign.update_time, campaign.name))
        return [await self._outline(campaign) for campaign in found[:size]]

    async def _outline(self, campaign: Campaign) -> Send:
        assert campaign.order is not None
        rows = await self._ledger.list_of_campaign(campaign.name)
        return Send(
            campaign=campaign.name,
            state=campaign.state,
            failure=campaign.failure.reason if campaign.failure else None,
            order_time=campaign.order.time,
            accept_time=campaign.accept_time,
            complete_time=campaign.complete_time,
            update_time=campaign.update_time,
            taken=sum_up(row.acceptance for row in rows),
        )


class FakeDecisionLog:
    """A `DecisionLog`."""

    def __init__(self) -> None:
        self.lines: list[DecisionRecord] = []

    async def add(self, record: DecisionRecord) -> None:
        """Add a line."""
        self.lines.append(record)

    async def list_of_campaign(self, campaign: str) -> list[DecisionRecord]:
        """Return the decisions about a campaign, the oldest first."""
        return [record for record in self.lines if record.campaign == campaign]


def _may_be_called(row: SendRow, until: datetime) -> bool:
    is_due = row.state is RowState.READY and row.next_time is not None and row.next_time <= until
    return is_due or row.state is RowState.CALLING


def _is_undecided(row: SendRow) -> bool:
    reason = row.ending.reason if row.ending else None
    return row.state is RowState.UNCERTAIN and reason is not UncertaintyReason.LEDGER_RESTORED


class FakeQuotas:
    """A `QuotaStore`; transactions of fakes don't overlap, so that holding an account is looking at it."""

    def __init__(self, ledger: FakeLedger) -> None:
        self.stored: dict[str, Usage] = {}
        self._ledger = ledger

    async def find_usage(self, account: str) -> Usage | None:
        """Return the usage published last, of whatever day."""
        return self.stored.get(account)

    async def publish(self, usage: Usage) -> None:
        """Store a usage, unless one of the same day in Japan, or of a later one, stands already."""
        known = self.stored.get(usage.account)
        if known is None or not known.is_current(usage.read_time):
            self.stored[usage.account] = usage

    async def find(self, account: str, *, apart_from: str) -> Balance | None:
        """Return an account's balance apart from what one campaign has reserved."""
        return await self.hold(account, apart_from=apart_from)

    async def hold(self, account: str, *, apart_from: str, before: datetime | None = None) -> Balance | None:
        """Do as `find`; with `before`, what waits for its first call and was ordered then or later does not count."""
        usage = self.stored.get(account)
        if usage is None:
            return None
        reserved = [
            row.reservation.message_count
            for row in self._ledger.stored.values()
            if row.reservation is not None
            and row.reservation.account == account
            and row.campaign != apart_from
            and not usage.covers(row.ending)
            and (before is None or row.state is not RowState.READY or row.order_time < before)
        ]
        return Balance(usage, sum(reserved))


class FakeInsightBudget:
    """An `InsightBudget`."""

    def __init__(self) -> None:
        self.calls: dict[str, list[datetime]] = {}

    async def spend(self, channel: str, count: int, *, at: datetime) -> timedelta | None:
        """Take `count` calls; or take none and return how long to wait."""
        recent = [call for call in self.calls.get(channel, []) if call > at - HOUR]
        if recent and len(recent) + count > MOST_INSIGHT_CALLS:
            return max(recent[0] + HOUR - at, timedelta(seconds=1))
        self.calls[channel] = [*recent, *[at] * count]
        return None


class FakeCampaignOutbox:
    """An `Outbox` that shows what was added, in order."""

    def __init__(self) -> None:
        self.events: list[CampaignEvent] = []

    async def add(self, events: Sequence[CampaignEvent]) -> None:
        """Keep the facts."""
        self.events += events


@dataclass(frozen=True, slots=True)
class FakeTransaction:
    """`Transaction` over fakes."""

    ledger: FakeLedger
    lanes: FakeLanes
    ledger_state: FakeLedgerState
    campaigns: FakeCampaigns
    sends: FakeSends
    quota: FakeQuotas
    decisions: FakeDecisionLog = field(default_factory=FakeDecisionLog)
    insight: FakeInsightBudget = field(default_factory=FakeInsightBudget)
    requests: FakeRequestAnswers = field(default_factory=FakeRequestAnswers)
    outbox: FakeCampaignOutbox = field(default_factory=FakeCampaignOutbox)


def make_transaction(machine_clock: Clock) -> FakeTransaction:
    """Return an empty store; `machine_clock` tells the age of retry keys."""
    lanes, campaigns, ledger_state = FakeLanes(), FakeCampaigns(), FakeLedgerState(machine_clock)
    ledger = FakeLedger(lanes, ledger_state, machine_clock)
    return FakeTransaction(ledger, lanes, ledger_state, campaigns, FakeSends(campaigns, ledger), FakeQuotas(ledger))
