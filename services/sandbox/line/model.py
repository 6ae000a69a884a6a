"""Accounts, channels, tokens and sends of the LINE stand-in."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.line.account.quota import Quota
from sandbox.line.audiences.audience import Audience
from sandbox.line.people.population import Population
from sandbox.line.sending.trees import Tree


@dataclass(slots=True)
class Account:
    """One LINE Official Account with its people, audiences and quota; channels of one OA share it."""

    bot_user_id: str
    provider: str
    display_name: str
    basic_id: str
    population: Population = field(default_factory=Population)
    audiences: dict[int, Audience] = field(default_factory=dict)
    quota: Quota = field(default_factory=Quota)


@dataclass(frozen=True, slots=True)
class Channel:
    """One Messaging API channel; tokens, rate limits and retry keys are per channel."""

    channel_id: str
    secret: str
    account: Account


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How people react to a message that reached them. Shares are 0..1.

    A share of the recipients opens; of those who open, each URL's share taps it (`click_share` where
    `click_shares` has no entry) and `play_share` starts a video; `repeat_share` of each does so twice.
    """

    open_share: float = 0.6
    click_share: float = 0.1
    click_shares: tuple[tuple[str, float], ...] = ()
    play_share: float = 0.3
    repeat_share: float = 0.25

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
    """One accepted request to send; `kind` is `narrowcast`, `broadcast`, `push` or `multicast`.

    Sets are over the account's population. `matched` is known from the start of the delivery, `delivered` at its
    end; `capacity` is the most that may be sent (None: no bound).
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
    phase: str = "waiting"
    started: datetime | None = None
    completed: datetime | None = None
    matched: int = 0
    targets: int = 0
    delivered: int = 0
    error_code: int | None = None
    failed_description: str | None = None
    behaviour: Behaviour = Behaviour()
    interactions: list[Interaction] = field(default_factory=list)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The bubbles."""
        messages: list[dict[str, Any]] = self.body["messages"]
        return messages
