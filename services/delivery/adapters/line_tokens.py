"""LINE's channel access tokens, in memory only (architecture 1): issued by the audience service, used while good."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from kit.clock import machine_now
from kit.deadlines import set_time_left

MARGIN = timedelta(minutes=1)
"""A token is not used in the last minute of its 15: a call and two skewed clocks must fit into it."""


@dataclass(frozen=True, slots=True)
class LineToken:
    """A stateless channel access token (LP 2); `expire_time` is machine time, `repr()` hides the value."""

    value: str = field(repr=False)
    expire_time: datetime


class TokenIssuer(Protocol):
    """Who issues tokens."""

    async def issue(self, channel: str) -> LineToken:
        """Issue a token of `channels/{channel}`.

        Raises:
            LineCredentialsRefused: LINE does not take the channel's credentials.
            NotFound: there is no such channel.
            Unavailable: the issuer or LINE gives no answer.

        """
        ...


class LineTokens:
    """The tokens at hand, one for each channel; however many ask at once, each is issued once."""

    def __init__(self, issuer: TokenIssuer, *, now: Callable[[], datetime] = machine_now) -> None:
        self._issuer = issuer
        self._now = now
        self._tokens: dict[str, LineToken] = {}
        self._issues: dict[str, asyncio.Task[LineToken]] = {}

    async def get(self, channel: str) -> LineToken:
        """Return a token that is good for a while; raises as `TokenIssuer.issue` does."""
        token = self._tokens.get(channel)
        if token is not None and self._now() < token.expire_time - MARGIN:
            return token
        # Shielded: one caller that gives up must not take the token away from the others.
        return await asyncio.shield(self._issue_once(channel))

    def drop(self, channel: str, token: LineToken) -> None:
        """Forget a token that LINE refuses; a newer one, which another call may have got meanwhile, stays."""
        if self._tokens.get(channel) is token:
            del self._tokens[channel]

    def _issue_once(self, channel: str) -> asyncio.Task[LineToken]:
        issue = self._issues.get(channel)
        if issue is None:
            issue = asyncio.create_task(self._issue(channel), name="issue-line-token")
            issue.add_done_callback(_note_failure)
            self._issues[channel] = issue
        return issue

    async def _issue(self, channel: str) -> LineToken:
        # The token serves others too, so the little time that the first caller may have does not count.
        set_time_left(None)
        try:
            self._tokens[channel] = token = await self._issuer.issue(channel)
            return token
        finally:
            del self._issues[channel]


def _note_failure(issue: asyncio.Task[LineToken]) -> None:
    # When all callers have given up, nobody else looks at the failure, and asyncio would complain about that.
    if not issue.cancelled():
        issue.exception()
