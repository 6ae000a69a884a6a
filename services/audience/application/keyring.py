"""Opens channels' credentials for the other use cases, and notes which of them the vendors refuse."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from audience.application.channels import require_channel
from audience.application.hubspot_port import HubSpotCredentials
from audience.application.ports import LineAccounts, LineToken, Transaction, Vault
from audience.domain.channels import HUBSPOT_PROBLEMS, LINE_PROBLEMS, Channel, Credentials, ObservedProblem, Problem
from audience.domain.errors import ChannelNotFound, HubSpotRefused, LineRefused
from audience.domain.events import ChannelChanged
from kit.clock import Clock
from kit.store.ports import UnitOfWork


class Keyring:
    """Lends a channel's credentials for a piece of work and learns from how the vendor took them (requirement N5)."""

    def __init__(self, *, uow: UnitOfWork[Transaction], line: LineAccounts, vault: Vault, clock: Clock) -> None:
        self._uow = uow
        self._line = line
        self._vault = vault
        self._clock = clock

    @asynccontextmanager
    async def line(self, name: str) -> AsyncIterator[LineToken]:
        """Lend a fresh LINE token of the channel.

        Raises:
            ChannelNotFound: there is no such channel.
            LineRefused: LINE does not take the credentials, at once or during the work; the channel says so now.
            VendorUnavailable: LINE gave no answer.

        """
        channel, credentials = await self._open(name)
        try:
            yield await self._line.issue_token(channel.line_channel_id, credentials.line_channel_secret)
        except LineRefused as refusal:
            refusal.name_channel(name)
            await self._note(name, refusal.problem, refusal.message)
            raise
        await self._clear(channel, LINE_PROBLEMS)

    @asynccontextmanager
    async def hubspot(self, name: str) -> AsyncIterator[tuple[Channel, HubSpotCredentials]]:
        """Lend the channel's HubSpot credentials, beside the channel.

        Raises:
            ChannelNotFound: there is no such channel.
            HubSpotRefused: HubSpot does not take the credentials during the work; the channel says so from now on.
            HubSpotListNotFound, HubSpotListUnsuitable, VendorUnavailable: whatever else HubSpot said during the work.

        """
        channel, credentials = await self._open(name)
        try:
            yield channel, HubSpotCredentials(credentials.hubspot_access_token)
        except HubSpotRefused as refusal:
            refusal.name_channel(name)
            await self._note(name, refusal.problem, refusal.message)
            raise
        await self._clear(channel, HUBSPOT_PROBLEMS)

    async def _open(self, name: str) -> tuple[Channel, Credentials]:
        async with self._uow.read() as tx:
            channel = await require_channel(tx, name)
            sealed = await tx.channels.find_credentials(name)
        if sealed is None:
            raise ChannelNotFound(name)
        return channel, self._vault.open(name, sealed)

    async def _note(self, name: str, problem: Problem, description: str) -> None:
        now = self._clock.now()
        async with self._uow() as tx:
            channel = await tx.channels.lock(name)
            if channel is None or channel.has(problem):
                return
            await tx.channels.save(channel.with_problem(ObservedProblem(problem, description, now)))
            await tx.outbox.add(ChannelChanged(name, now))

    async def _clear(self, channel: Channel, solved: frozenset[Problem]) -> None:
        if not any(channel.has(problem) for problem in solved):
            return
        now = self._clock.now()
        async with self._uow() as tx:
            locked = await tx.channels.lock(channel.name)
            if locked is not None:
                await tx.channels.save(locked.without_problems(solved, now=now))
                await tx.outbox.add(ChannelChanged(channel.name, now))
