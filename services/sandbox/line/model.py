"""Accounts, channels, tokens and sends of the LINE stand-in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox import bits
from sandbox.line.account.counts import DailyCounts
from sandbox.line.account.quota import Quota
from sandbox.line.account.standing import Standing
from sandbox.line.audiences.audience import Audience
from sandbox.line.people.population import Population
from sandbox.line.people.traces import Traces
from sandbox.line.sending.trees import Tree
from sandbox.line.sending.units import UnitNames
from sandbox.line.webhooks.outbox import Webhook


@dataclass(slots=True)
class Account:
    """One LINE Official Account with its people, audiences and quota; channels of one OA share it.

    `wrote_at` says when a person last wrote to it: within 7 days that person may be pushed without being a friend.
    `life_number` counts the lives that its people were given; only the last one goes on.
    """

    bot_user_id: str
    provider: str
    display_name: str
    basic_id: str
    population: Population = field(default_factory=Population)
    audiences: dict[int, Audience] = field(default_factory=dict)
    quota: Quota = field(default_factory=Quota)
    units: UnitNames = field(default_factory=UnitNames)
    counts: DailyCounts = field(default_factory=DailyCounts)
    standing: Standing = field(default_factory=Standing)
    wrote_at: dict[int, datetime] = field(default_factory=dict)
    traces: Traces = field(default_factory=Traces)
    life_number: int = 0


@dataclass(frozen=True, slots=True)
class Channel:
    """One Messaging API channel; tokens, rate limits, retry keys and the webhook are per channel."""

    channel_id: str
    secret: str
    account: Account
    webhook: Webhook = field(default_factory=Webhook, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How people react to a message that reached them. Shares are 0..1.

    A share of the recipients opens; of those who open, each URL's share taps it (`click_share` where
    `click_shares` has no entry) and `play_share` starts a video; `repeat_share` of each does so twice. With
    `loyalty` above 0 it is more often the same half of the people who open.
    """

    open_share: float = 0.6
    click_share: float = 0.1
    click_shares: tuple[tuple[str, float], ...] = ()
    play_share: float = 0.3
    repeat_share: float = 0.25
    loyalty: float = 0.0

    def share_of(self, url: str) -> float:
        """Return the share of openers that taps a URL."""
        return dict(self.click_shares).get(url, self.click_share)


@dataclass(frozen=True, slots=True)
class Interaction:
    """Something people did that the control face told of; `seq` is the bubble, None: every one that fits."""

    kind: str
    time: datetime
    people: int
    times: int = 1
    url: str | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Whom a narrowcast asks for, and how many at most (LP 4.2)."""

    recipient: Tree | None
    demographic: Tree | None
    most: int | None
    up_to_remaining: bool
    forbid_partial: bool


@dataclass(slots=True)
class Send:
    """One accepted request to send; `kind` is `narrowcast`, `broadcast`, `push`, `multicast` or `reply`.

    Sets are over the account's population. `matched` is known from the start of the delivery, `delivered` at its
    end; `capacity` is the most that may be sent (None: no bound). `raced` tells that another attempt under its key was
    accepted too (LP 1.9). `unit` is the aggregation unit that was attached.
    """

    request_id: str
    kind: str
    channel: Channel
    body: dict[str, Any]
    accepted: datetime
    retry_key: str | None = None
    selection: Selection | None = None
    capacity: int | None = None
    planned_failure: int | None = None
    raced: bool = False
    phase: str = "waiting"
    started: datetime | None = None
    completed: datetime | None = None
    targets: int = 0
    kept_matched: bits.Kept = 0
    kept_delivered: bits.Kept = 0
    unit: str | None = None
    sent_messages: tuple[Mapping[str, str], ...] = ()
    error_code: int | None = None
    failed_description: str | None = None
    behaviour: Behaviour = Behaviour()
    interactions: list[Interaction] = field(default_factory=list)

    @property
    def matched(self) -> int:
        """Who was meant to get it."""
        return bits.open_kept(self.kept_matched)

    @matched.setter
    def matched(self, people: int) -> None:
        self.kept_matched = bits.keep(people)

    @property
    def delivered(self) -> int:
        """Who got it."""
        return bits.open_kept(self.kept_delivered)

    @delivered.setter
    def delivered(self, people: int) -> None:
        self.kept_delivered = bits.keep(people)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The bubbles."""
        messages: list[dict[str, Any]] = self.body["messages"]
        return messages
