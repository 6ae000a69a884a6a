"""In-memory stand-ins for LINE and for the vault of the audience service."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta

from audience.application.ports import LineBot, LineToken, ListedPage, SealedCredentials
from audience.domain.audiences import KINDS_WITH_JOBS, Jobs, ObservedAudience
from audience.domain.channels import Credentials
from audience.domain.errors import AnswerUnreadable, LineRateLimited, LineRefused, VendorUnavailable
from kit.clock import Clock

LINE_CHANNEL_ID = "2000000001"
LINE_SECRET = "line-secret"


class FakeVault:
    """A `Vault` that keeps what it sealed, for the channel that it was sealed for."""

    def __init__(self) -> None:
        self._sealed: dict[tuple[str, bytes], Credentials] = {}

    def seal(self, channel: str, credentials: Credentials) -> SealedCredentials:
        """Keep the credentials under a number."""
        envelope = str(len(self._sealed)).encode()
        self._sealed[channel, envelope] = credentials
        return SealedCredentials(envelope)

    def open(self, channel: str, sealed: SealedCredentials) -> Credentials:
        """Return what was sealed."""
        return self._sealed[channel, sealed.envelope]


class FakeLine:
    """One Official Account at LINE: a test puts audiences in, takes them out, and lets LINE fail.

    Like LINE's list, `list_audiences` tells nothing of jobs (LP 3.7), and misses those of `unlisted` (LP 3.5); those of
    `unreadable` do not read as documented. Calls of the names in `failures` raise what is kept there, a listing after
    its first page; of calls for single audiences `lookups_allowed` pass.
    """

    def __init__(self, clock: Clock) -> None:
        self.secret = LINE_SECRET
        self.available = True
        self.audiences: dict[int, ObservedAudience] = {}
        self.unlisted: set[int] = set()
        self.unreadable: set[int] = set()
        self.reaches: dict[date, int] = {}
        self.failures: dict[str, Exception] = {}
        self.lookups_allowed: int | None = None
        self.page_size = 40
        self.issue_count = 0
        self.asked_ids: list[int] = []
        self.asked_days: list[date] = []
        self._clock = clock

    async def issue_token(self, line_channel_id: str, secret: str) -> LineToken:
        """Get a token, if the secret is right."""
        self.issue_count += 1
        self._answer("issue_token")
        if (line_channel_id, secret) != (LINE_CHANNEL_ID, self.secret):
            raise LineRefused
        return LineToken("token", self._clock.now() + timedelta(minutes=15))

    async def describe_bot(self, token: LineToken) -> LineBot:
        """Tell who the account is."""
        self._answer("describe_bot")
        return LineBot("U" + "0" * 32, f"@{token.value}")

    async def list_audiences(self, _token: LineToken) -> AsyncIterator[ListedPage]:
        """List audiences without their jobs."""
        self._answer("")
        listed = [seen for number, seen in self.audiences.items() if number not in self.unlisted]
        for start in range(0, len(listed), self.page_size):
            page = listed[start : start + self.page_size]
            yield ListedPage(
                tuple(
                    self._observe(seen, lists_jobs=False) for seen in page if seen.audience_id not in self.unreadable
                ),
                tuple(seen.audience_id for seen in page if seen.audience_id in self.unreadable),
            )
            self._answer("list_audiences")

    async def get_audience(self, _token: LineToken, audience_id: int, *, owned: bool) -> ObservedAudience | None:
        """Return one audience with its jobs."""
        self._answer("get_audience")
        if self.lookups_allowed is not None and len(self.asked_ids) >= self.lookups_allowed:
            raise LineRateLimited
        self.asked_ids.append(audience_id)
        if audience_id in self.unreadable:
            raise AnswerUnreadable
        seen = self.audiences.get(audience_id)
        return None if seen is None or seen.owned != owned else self._observe(seen, lists_jobs=True)

    async def count_reach(self, _token: LineToken, day: date) -> int | None:
        """Return the reach of a day that a test has set."""
        self.asked_days.append(day)
        self._answer("count_reach")
        return self.reaches.get(day)

    def _observe(self, seen: ObservedAudience, *, lists_jobs: bool) -> ObservedAudience:
        now, jobs = self._clock.now(), seen.jobs
        told = jobs is not None and (lists_jobs or seen.kind not in KINDS_WITH_JOBS)
        return replace(seen, jobs=Jobs(jobs.unfinished, now) if jobs and told else None, observe_time=now)

    def _answer(self, call: str) -> None:
        if not self.available:
            raise VendorUnavailable("line")
        if call in self.failures:
            raise self.failures[call]
