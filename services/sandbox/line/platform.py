"""The state of the LINE stand-in, and the agenda of what happens in it later."""

import heapq
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sandbox import bits
from sandbox.clock import Clock
from sandbox.line.audiences.audience import Audience
from sandbox.line.model import Account, Behaviour, Channel, Send
from sandbox.line.page_tokens import PageTokens
from sandbox.line.settings import LineSettings
from sandbox.line.times import read_month
from sandbox.line.tokens.assertion import AssertionKeys
from sandbox.line.tokens.store import TokenStore
from sandbox.line.webhooks.events import EventType, make_event
from sandbox.rate import Buckets, Limit

# Read-back is bounded: older sends are forgotten, longest windows are 60 days (LP 3.3). Messages to single people
# come in masses and must not push out the others.
KEPT_SENDS = {"narrowcast": 20_000, "broadcast": 20_000, "push": 50_000, "multicast": 50_000, "reply": 50_000}
RETRY_KEY_LIFE = timedelta(hours=24)
_HOUR_SECONDS = 3600.0
FIRST_AUDIENCE_NUMBER = 5_000_000_000_001


class Line:
    """One LINE Platform: accounts, channels, tokens, sends.

    What LINE does by itself (starting and finishing deliveries) is on an agenda in order of business time;
    `settle` makes everything happen that is due, and runs before every request is answered. `listeners` are called
    when something happened that webhooks tell of, and when the agenda got a new first entry.
    """

    def __init__(self, *, clock: Clock, settings: LineSettings, seed: int = 7) -> None:
        self.clock = clock
        self.settings = settings
        self.seed = seed
        self.rng = Random(f"line:{seed}")  # noqa: S311 - reproducible, no secrets here
        self.buckets = Buckets(clock)
        self.tokens = TokenStore(self.rng)
        self.assertion_keys = AssertionKeys()
        self.page_tokens = PageTokens(self.rng)
        self.behaviour = Behaviour()
        self.accounts: dict[str, Account] = {}
        self.channels: dict[str, Channel] = {}
        self.sends: dict[str, Send] = {}
        self._accepted: dict[str, deque[str]] = {}
        self._retry_keys: dict[tuple[str, str], tuple[datetime, str]] = {}
        self._agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._planned = 0
        self.listeners: list[Callable[[], None]] = []
        self._numbers = 0
        self._next_audience = FIRST_AUDIENCE_NUMBER

    def now(self) -> datetime:
        """Return business time."""
        return self.clock.now()

    def quota_month(self, time: datetime | None = None) -> str:
        """Return the quota's month as `yyyymm`, now or at a time (LP 6.2)."""
        return read_month(time or self.now(), self.settings.quota_month_utc_offset_hours)

    def next_number(self) -> int:
        """Return a number that grows with every call."""
        self._numbers += 1
        return self._numbers

    def new_request_id(self) -> str:
        """Return a UUID; the same seed and calls give the same ones."""
        return str(UUID(int=self.rng.getrandbits(128), version=4))

    def create_channel(
        self,
        channel_id: str,
        secret: str,
        *,
        bot_user_id: str | None = None,
        provider: str = "provider-1",
        display_name: str = "Sandbox OA",
        quota_limit: int | None = None,
    ) -> Channel:
        """Add a channel, on the account of `bot_user_id` when there is one already.

        Raises:
            ValueError: the channel id is taken.

        """
        if channel_id in self.channels:
            raise ValueError(f"channel exists: {channel_id}")
        bot = bot_user_id or f"U{self.rng.getrandbits(128):032x}"
        account = self.accounts.get(bot)
        if account is None:
            account = Account(bot, provider, display_name, basic_id=f"@{bot[1:9]}")
            account.quota.limit = quota_limit
            self.accounts[bot] = account
        channel = self.channels[channel_id] = Channel(channel_id, secret, account)
        return channel

    def find_channel_of(self, token: str) -> Channel | None:
        """Return the channel that an access token opens now."""
        found = self.tokens.find_valid(token, self.now())
        return None if found is None else found.channel

    def identify(self, authorization: str) -> str | None:
        """Return the id of the channel whose token an Authorization header bears now."""
        channel = self.find_channel_of(authorization.partition(" ")[2].strip())
        return None if channel is None else channel.channel_id

    def take_rate(self, channel: Channel, endpoint: str, limit: Limit) -> bool:
        """Count a call against the bucket of channel and endpoint (LP 1.6)."""
        if not self.settings.limits_on:
            return True
        hourly = self.settings.hourly_bucket_capacity if limit.seconds >= _HOUR_SECONDS else None
        capacity = self.settings.bucket_capacity if hourly is None else hourly
        return self.buckets.take((channel.channel_id, endpoint), replace(limit, capacity=capacity))

    # Sends

    def find_accepted(self, channel: Channel, retry_key: str | None) -> str | None:
        """Return the request id that was accepted under a retry key within the last 24 h (LP 1.9)."""
        found = self._retry_keys.get((channel.channel_id, retry_key or ""))
        if found is None or self.now() >= found[0] + RETRY_KEY_LIFE:
            return None
        return found[1]

    def accept(self, send: Send) -> None:
        """Remember an accepted send and its retry key."""
        accepted = self._accepted.setdefault(send.kind, deque())
        if len(accepted) >= KEPT_SENDS[send.kind]:
            del self.sends[accepted.popleft()]
        accepted.append(send.request_id)
        self.sends[send.request_id] = send
        if send.retry_key is not None:
            self._forget_old_keys()
            self._retry_keys[send.channel.channel_id, send.retry_key] = (send.accepted, send.request_id)

    def find_send(self, account: Account, request_id: str) -> Send | None:
        """Return a send of this OA."""
        send = self.sends.get(request_id)
        return send if send is not None and send.channel.account is account else None

    # Audiences

    def next_audience_number(self) -> int:
        """Return a new `audienceGroupId` of 13 digits."""
        number = self._next_audience
        self._next_audience += 1
        return number

    def find_audience(self, account: Account, number: int) -> Audience | None:
        """Return an audience of this OA as it is now; None when unknown, deleted, or gone after its expiry."""
        audience = account.audiences.get(number)
        if audience is None:
            return None
        now = self.now()
        if audience.is_gone(now, self.settings):
            del account.audiences[number]
            return None
        audience.settle(now, self.settings)
        return audience

    def list_audiences(self, account: Account) -> list[Audience]:
        """Return all audiences of this OA as they are now, in order of creation."""
        found = (self.find_audience(account, number) for number in list(account.audiences))
        return [audience for audience in found if audience is not None]

    # Agenda

    def plan(self, time: datetime, action: Callable[[datetime], None]) -> None:
        """Make `action(time)` happen when business time reaches `time`."""
        # Numbers of their own: webhooks plan at moments of machine time, which must not show in message ids.
        self._planned += 1
        heapq.heappush(self._agenda, (time, self._planned, action))
        if self._agenda[0][1] == self._planned:
            self.tell()

    def settle(self) -> None:
        """Do all that is due by now, in order."""
        while self._agenda and self._agenda[0][0] <= self.now():
            time, _, action = heapq.heappop(self._agenda)
            action(time)

    def next_due(self) -> datetime | None:
        """Return when the next thing on the agenda is due, which may be past; None when there is none."""
        return self._agenda[0][0] if self._agenda else None

    # Webhooks

    def happen(
        self,
        account: Account,
        kind: EventType,
        people: int,
        content: Mapping[str, Any] | None = None,
        *,
        time: datetime | None = None,
    ) -> None:
        """Tell the OA's channels with an active webhook endpoint what each of `people` did, now or at `time`.

        The people's state is the caller's to change; see `line.webhooks.doings` for functions that do both.
        `content` is the object of the event, as `make_event` takes it.
        """
        channels = [channel for channel in self.channels.values() if channel.account is account]
        when = time or self.now()
        ids = account.population.ids
        for channel in filter(self.sends_webhooks, channels):
            silent = set(bits.members(people & ~account.population.consented))
            for person in bits.members(people):
                if channel.webhook.is_full:
                    channel.webhook.suspended += 1
                    continue
                user_id = None if person in silent else ids[person]
                event = make_event(channel, kind, user_id, content or {}, time=when, seed=self.seed)
                channel.webhook.add(event, person)
        self.tell()

    def sends_webhooks(self, channel: Channel) -> bool:
        """Whether the channel has an endpoint and uses it (LP 8.8)."""
        webhook = channel.webhook
        active = self.settings.webhook_active_at_first if webhook.active is None else webhook.active
        return active and webhook.endpoint is not None

    def tell(self) -> None:
        """Let the listeners know that there may be something to do."""
        for listener in self.listeners:
            listener()

    def _forget_old_keys(self) -> None:
        oldest = self.now() - RETRY_KEY_LIFE
        # Keys are in order of acceptance, so the first young one ends the search.
        while self._retry_keys:
            key, (accepted, _) = next(iter(self._retry_keys.items()))
            if accepted > oldest:
                return
            del self._retry_keys[key]


def is_uuid(text: Any) -> bool:
    """Whether a text is a UUID in hex form with hyphens, as request ids and retry keys are (LP 1.2)."""
    if not isinstance(text, str) or len(text) != 36:  # noqa: PLR2004 - 32 digits and 4 hyphens
        return False
    try:
        UUID(text)
    except ValueError:
        return False
    return True
