"""Opens channels' credentials for the other use cases, and notes which of them the vendors refuse."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from audience.application.channels import require_channel
from audience.application.hubspot_port import HubSpotCredentials
from audience.application.ports import LineAccounts, LineToken, Transaction, Vault
from audience.domain.channels import (
    HUBSPOT_PROBLEMS,
    LINE_CREDENTIAL_PROBLEMS,
    Channel,
    Credentials,
    ObservedProblem,
    Problem,
)
from audience.domain.errors import (
    ChannelNotFound,
    HubSpotPropertyMissing,
    HubSpotRefused,
    HubSpotScopeMissing,
    HubSpotTokenRefused,
    LineRefused,
    Refused,
    VendorUnavailable,
)
from audience.domain.events import ChannelChanged
from kit.bulkheads import Bulkheads, Crowded
from kit.clock import Clock
from kit.store.ports import UnitOfWork

MOST_AT_ONCE = 8
PATIENCE = timedelta(seconds=2)
CROWD_PAUSE = timedelta(seconds=10)
"""What one channel may have under way with one vendor, how long more may wait, and when to come back then."""


class Keyring:
    """Lends a channel's credentials for a piece of work and learns from how the vendor took them (requirement N5).

    Each channel has a few places for work with each vendor: one whose vendor hangs must not take the connections of
    all the others.
    """

    def __init__(
        self,
        *,
        uow: UnitOfWork[Transaction],
        line: LineAccounts,
        vault: Vault,
        clock: Clock,
        places: Bulkheads | None = None,
    ) -> None:
        self._uow = uow
        self._line = line
        self._vault = vault
        self._clock = clock
        self._places = places or Bulkheads(most=MOST_AT_ONCE, patience=PATIENCE)

    @asynccontextmanager
    async def line(
        self, name: str, *, insist: bool = False, solves: frozenset[Problem] = LINE_CREDENTIAL_PROBLEMS
    ) -> AsyncIterator[LineToken]:
        """Lend a fresh LINE token of the channel.

        Args:
            name: the channel's.
            insist: ask LINE even where it refused the channel just now. Otherwise it is left alone for a while, which
                grows with each refusal.
            solves: the problems that the channel surely has no more when the work has succeeded.

        Raises:
            ChannelNotFound: there is no such channel.
            LineRefused: LINE does not take the credentials; `retry_after` says when it is asked again.
            LineAudiencesForbidden: so the work says; the channel says so too from now on.
            VendorUnavailable: LINE gave no answer, or much else of the channel waits for its answers already.

        """
        channel, credentials = await self._open(name)
        paused = None if insist else channel.find_pause(LINE_CREDENTIAL_PROBLEMS, self._clock.now())
        if paused is not None:
            raise self._repeat(channel, paused)
        try:
            async with self._place(name, "line"):
                yield await self._line.issue_token(channel.line_channel_id, credentials.line_channel_secret)
        except Refused as refusal:
            await self._note(name, refusal)
            raise
        await self._clear(channel, solves)

    @asynccontextmanager
    async def hubspot(self, name: str, *, insist: bool = False) -> AsyncIterator[tuple[Channel, HubSpotCredentials]]:
        """Lend the channel's HubSpot credentials, beside the channel; `insist` as for `line`.

        Raises:
            ChannelNotFound: there is no such channel.
            HubSpotRefused: HubSpot does not take the credentials during the work; the channel says so from now on.
            HubSpotListNotFound, HubSpotListUnsuitable, VendorUnavailable: whatever else HubSpot said during the work.

        """
        channel, credentials = await self._open(name)
        paused = None if insist else channel.find_pause(HUBSPOT_PROBLEMS, self._clock.now())
        if paused is not None:
            raise self._repeat(channel, paused)
        try:
            async with self._place(name, "hubspot"):
                yield channel, HubSpotCredentials(credentials.hubspot_access_token)
        except HubSpotRefused as refusal:
            await self._note(name, refusal)
            raise
        await self._clear(channel, HUBSPOT_PROBLEMS)

    @asynccontextmanager
    async def _place(self, name: str, vendor: str) -> AsyncIterator[None]:
        try:
            async with self._places.place((name, vendor)):
                yield
        except Crowded as crowded:
            raise VendorUnavailable(vendor, retry_after=CROWD_PAUSE) from crowded

    async def _open(self, name: str) -> tuple[Channel, Credentials]:
        async with self._uow.read() as tx:
            channel = await require_channel(tx, name)
            sealed = await tx.channels.find_credentials(name)
        if sealed is None:
            raise ChannelNotFound(name)
        return channel, self._vault.open(name, sealed)

    def _repeat(self, channel: Channel, known: ObservedProblem) -> Refused:
        """Make the vendor's last refusal anew."""
        refusal = _REFUSALS[known.problem](channel)
        refusal.name_channel(channel.name)
        refusal.retry_after = known.next_time - self._clock.now()
        return refusal

    async def _note(self, name: str, refusal: Refused) -> None:
        refusal.name_channel(name)
        now = self._clock.now()
        async with self._uow() as tx:
            channel = await tx.channels.lock(name)
            if channel is None:
                return
            refused = channel.refuse(refusal.problem, refusal.message, now=now)
            await tx.channels.save(refused)
            if not channel.has(refusal.problem):
                await tx.outbox.add(ChannelChanged(name, now))
        paused = refused.find_pause(frozenset({refusal.problem}), now)
        refusal.retry_after = None if paused is None else paused.next_time - now

    async def _clear(self, channel: Channel, solved: frozenset[Problem]) -> None:
        if not any(channel.has(problem) for problem in solved):
            return
        now = self._clock.now()
        async with self._uow() as tx:
            locked = await tx.channels.lock(channel.name)
            if locked is not None and any(locked.has(problem) for problem in solved):
                await tx.channels.save(locked.without_problems(solved, now=now))
                await tx.outbox.add(ChannelChanged(channel.name, now))


_REFUSALS: dict[Problem, Callable[[Channel], Refused]] = {
    Problem.LINE_CREDENTIALS_REFUSED: lambda _: LineRefused(),
    Problem.HUBSPOT_CREDENTIALS_REFUSED: lambda _: HubSpotTokenRefused(),
    Problem.HUBSPOT_SCOPE_MISSING: lambda _: HubSpotScopeMissing([]),
    Problem.HUBSPOT_PROPERTY_MISSING: lambda channel: HubSpotPropertyMissing(channel.hubspot_line_id_property),
}
