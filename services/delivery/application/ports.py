"""What the use cases of the delivery service need from the store."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from delivery.application.ledger_port import LedgerStateStore
from delivery.domain.campaigns.campaign import Campaign
from delivery.domain.campaigns.events import CampaignEvent
from delivery.domain.campaigns.resolving import DecisionRecord
from delivery.domain.campaigns.sends import Send
from delivery.domain.sending.lanes import Endpoint, Lane
from delivery.domain.sending.quota import Balance, Usage
from delivery.domain.sending.row import SendRow
from kit.store.ports import Claim, Claims, RequestAnswers


@dataclass(frozen=True, slots=True)
class PagePosition:
    """Where a page of campaigns ended: lists are ordered by time, then by name."""

    time: datetime
    name: str


class CampaignStore(Protocol):
    """Campaigns; a name once given is never free again."""

    async def add(self, campaign: Campaign) -> None:
        """Store a new campaign; raises `kit.errors.AlreadyExists`, also for the name of one that is gone."""
        ...

    async def find(self, name: str) -> Campaign | None:
        """Return the campaign of that name."""
        ...

    async def hold(self, name: str) -> Campaign | None:
        """Return the campaign and keep others from changing it until the transaction ends.

        After rows, accounts and lanes, never before them: whoever holds several holds them in this order.
        """
        ...

    async def save(self, campaign: Campaign) -> None:
        """Store the campaign's present state."""
        ...

    async def refuse_names(self, names: Collection[str]) -> int:
        """Give those names that no campaign has ever had to none; return how many they are."""
        ...

    async def list_drafts(self, names: Collection[str]) -> list[str]:
        """Return those names whose campaigns are drafts, sorted."""
        ...

    async def page(self, channel: str, *, after: PagePosition | None, size: int) -> list[Campaign]:
        """Return up to `size` campaigns of a channel, the newest first, from the one after `after`."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A row with its lane, and how many rows of its channel go before it."""

    row: SendRow
    lane: Lane
    position: int


class LedgerStore(Claims[SendRow], Protocol):
    """The send ledger: rows, and beside them a log of attempts to which lines are only added."""

    async def add(self, row: SendRow) -> None:
        """Store a new row."""
        ...

    async def list_of_campaign(self, campaign: str) -> list[SendRow]:
        """Return a campaign's rows, in ledger order."""
        ...

    async def hold_newest(self, campaign: str) -> SendRow | None:
        """Return a campaign's newest row, and keep others from changing it until the transaction ends."""
        ...

    async def locate(self, campaigns: Collection[str]) -> Mapping[str, Place]:
        """Return the newest row of each campaign that has one, with its place in its channel's queue."""
        ...

    async def count_waiting(self, channel: str) -> int:
        """Return how many rows of a channel wait for a first call."""
        ...

    async def claim(self, endpoint: Endpoint, *, now: datetime, lease: timedelta) -> Claim[SendRow] | None:
        """Take the oldest row that is due at an endpoint, of the channel that has waited longest for its turn.

        Left out are channels that rest, whose gate is closed, or whose calls in flight are as many as one may have; and
        every row that might be sent while the ledger is not open. No more are ever in flight, however many replicas
        claim at once.
        """
        ...

    async def hold_ended(self, *, now: datetime) -> SendRow | None:
        """Return a row that has ended without another call, held; nobody is working on it.

        Its order is over, it was cancelled in doubt, its key is too old, or its credentials were refused for too long
        (`settling`).
        """
        ...

    async def hold_regardless(self, claim: Claim[SendRow]) -> tuple[SendRow, bool]:
        """Return the row as it is now, held, and whether the claim still holds: for facts that count in any case."""
        ...

    async def measure_key_age(self, row: SendRow) -> timedelta | None:
        """Return how old the row's key is by the database's clock, read anew; None before its first attempt (I3)."""
        ...

    async def save(self, row: SendRow) -> None:
        """Store a row that is held."""
        ...

    async def has_calls_due(self, until: datetime) -> bool:
        """Tell whether LINE may have been called for any row until then: one that was due, or is in doubt."""
        ...

    async def seize(self, *, due: datetime, most: int) -> list[SendRow]:
        """Hold up to `most` rows of which a restored ledger may have forgotten something, and end their claims.

        These are rows for which LINE may have been called until `due`, and those that a person was to decide about.
        They come in the order of their names, and come again as long as they are not changed.
        """
        ...

    async def log(self, row: SendRow, *, entry: str, evidence: str, at: datetime) -> None:
        """Add a line to the log of attempts; `evidence` holds nobody's data."""
        ...


class LaneStore(Protocol):
    """The lanes of channels, shared by all replicas."""

    async def find(self, channel: str, endpoint: Endpoint, *, at: datetime) -> Lane:
        """Return a lane as it is; one that was never used is open."""
        ...

    async def hold(self, channel: str, endpoint: Endpoint, *, at: datetime) -> Lane:
        """Return a lane, new where it is the first time, and keep others from changing it until the transaction ends.

        After rows and accounts, never before them; of a channel's two lanes, that of `NARROWCAST` first.
        """
        ...

    async def save(self, lane: Lane, *, at: datetime) -> None:
        """Store a lane that is held."""
        ...

    async def review(self, *, now: datetime) -> None:
        """Take over what replicas of the last release have left, and find again whatever is due.

        Orders of the last release, which knew no ends, end one lifetime after this first look at them.

        The cost grows with due rows alone.
        """
        ...


class DecisionLog(Protocol):
    """What people have decided about uncertain sends; lines are only added, and kept for ever."""

    async def add(self, record: DecisionRecord) -> None:
        """Add a line."""
        ...

    async def list_of_campaign(self, campaign: str) -> list[DecisionRecord]:
        """Return the decisions about a campaign, the oldest first."""
        ...


class SendStore(Protocol):
    """Ordered campaigns in outline."""

    async def page(self, channel: str | None, *, since: datetime, after: PagePosition | None, size: int) -> list[Send]:
        """Return up to `size` ordered campaigns, of one channel or of all, by their last change since then."""
        ...


class QuotaStore(Protocol):
    """Published usages of Official Accounts, and what our own sends may take of their messages (R14).

    A send's reservation stands with its row. It counts from the order until a usage is stored that was read after the
    row ended, so that nothing has to be undone when a row ends, and no moment is told by a remainder that moves.
    """

    async def find_usage(self, account: str) -> Usage | None:
        """Return the usage published last, of whatever day."""
        ...

    async def publish(self, usage: Usage) -> None:
        """Store a usage, unless one of the same day in Japan, or of a later one, stands already."""
        ...

    async def find(self, account: str, *, apart_from: str) -> Balance | None:
        """Return an account's balance apart from what one campaign has reserved; None when no usage was published."""
        ...

    async def hold(self, account: str, *, apart_from: str, before: datetime | None = None) -> Balance | None:
        """Do as `find`, and keep others from taking of the account, and its usage as it is, until the transaction ends.

        Two orders at once can't both take the last messages: the second one waits here, then sees the first one's
        reservation. An account is held after rows and before lanes and campaigns. That can't deadlock, since nobody
        asks for a row with an account in hand: a worker holds its row before, and an order's row is new.

        With `before`, what waits for its first call and was ordered then or later does not count: where not all fit any
        more, the oldest goes first, and no two wait for each other.
        """
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
    def ledger_state(self) -> LedgerStateStore: ...  # noqa: D102 - named by its type

    @property
    def lanes(self) -> LaneStore: ...  # noqa: D102 - named by its type

    @property
    def decisions(self) -> DecisionLog: ...  # noqa: D102 - named by its type

    @property
    def sends(self) -> SendStore: ...  # noqa: D102 - named by its type

    @property
    def quota(self) -> QuotaStore: ...  # noqa: D102 - named by its type

    @property
    def insight(self) -> InsightBudget: ...  # noqa: D102 - named by its type

    @property
    def requests(self) -> RequestAnswers: ...  # noqa: D102 - named by its type

    @property
    def outbox(self) -> Outbox: ...  # noqa: D102 - named by its type
