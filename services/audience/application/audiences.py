"""Use cases of the audience catalog: reading it, and keeping it equal to what LINE says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from audience.application.channels import require_channel
from audience.application.keyring import Keyring
from audience.application.ports import LineAccounts, LineToken, Transaction
from audience.domain.audiences import Audience, Kind, ObservedAudience, State, enter, remove, renew
from audience.domain.events import tell_difference
from kit.clock import Clock
from kit.errors import NotFound
from kit.store.ports import UnitOfWork

LISTED_STATES = frozenset(State) - {State.REMOVED}
"""What a list shows when the caller names no states."""

FRESHNESS = timedelta(minutes=5)
"""Facts of audiences are at most this old (architecture 4)."""


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync found."""

    audience_count: int
    discovered_count: int
    removed_count: int
    sync_time: datetime


class Audiences:
    """Tells which audiences LINE keeps for a channel (R1)."""

    def __init__(self, *, uow: UnitOfWork[Transaction], line: LineAccounts, keyring: Keyring, clock: Clock) -> None:
        self._uow = uow
        self._line = line
        self._keyring = keyring
        self._clock = clock

    async def get(self, name: str) -> Audience:
        """Return one entry of the catalog.

        Raises:
            NotFound: the catalog has none of that name.

        """
        async with self._uow.read() as tx:
            found = await tx.audiences.find([name])
        if not found:
            raise NotFound(name)
        return found[0]

    async def page(
        self, channel: str, *, kinds: frozenset[Kind], states: frozenset[State], after: int | None, size: int
    ) -> list[Audience]:
        """Return up to `size` entries by id, from the one after `after`; empty filters mean all but REMOVED.

        Raises:
            ChannelNotFound: there is no such channel.

        """
        async with self._uow.read() as tx:
            await require_channel(tx, channel)
            return await tx.audiences.page(channel, kinds=kinds, states=states or LISTED_STATES, after=after, size=size)

    async def sync(self, channel: str) -> SyncResult:
        """Read all audiences of a channel from LINE into the catalog.

        Raises:
            ChannelNotFound: there is no such channel.
            LineRefused: LINE does not take the credentials.
            VendorUnavailable: LINE gave no answer; the catalog keeps what it had.

        """
        async with self._uow.read() as tx:
            known = await tx.audiences.list_present(channel)
        async with self._keyring.line(channel) as token:
            observed = await self._line.list_audiences(token)
            observed += await self._look_for_missing(token, known, observed)
        now = self._clock.now()
        async with self._uow() as tx:
            return await _merge(tx, channel, observed, now)

    async def freshen(self, channel: str, names: Sequence[str]) -> list[Audience]:
        """Return the entries named, asking LINE again for those that are too old or whose jobs are not known.

        An entry that LINE can't be asked for stays as it is, with the time of its observation.

        Raises:
            LineRefused: LINE does not take the credentials.
            VendorUnavailable: LINE gave no answer.

        """
        async with self._uow.read() as tx:
            entries = await tx.audiences.find(names)
        now = self._clock.now()
        stale = [entry for entry in entries if needs_asking(entry, now)]
        if not stale:
            return entries
        async with self._keyring.line(channel) as token:
            answers = [await self._ask(token, entry) for entry in stale]
        async with self._uow() as tx:
            known = {entry.name: entry for entry in await tx.audiences.lock_catalog(channel)}
            for entry, answer in zip(stale, answers, strict=True):
                await _record(tx, known[entry.name], answer, now)
            return await tx.audiences.find(names)

    async def _look_for_missing(
        self, token: LineToken, known: Sequence[Audience], listed: Sequence[ObservedAudience]
    ) -> list[ObservedAudience]:
        """Ask for entries that the list lacks: LINE's pages have no fixed order, so a walk may miss one (LP 3.5)."""
        listed_ids = {seen.audience_id for seen in listed}
        missing = [entry for entry in known if entry.observed.audience_id not in listed_ids]
        answers = [await self._ask(token, entry) for entry in missing]
        return [answer for answer in answers if answer is not None]

    async def _ask(self, token: LineToken, entry: Audience) -> ObservedAudience | None:
        return await self._line.get_audience(token, entry.observed.audience_id, owned=entry.observed.owned)


def needs_asking(entry: Audience, now: datetime) -> bool:
    """Tell whether an entry, or what is known of its jobs, is too old to decide on, or jobs are not known at all."""
    return entry.observed.jobs is None or entry.oldest_time < now - FRESHNESS


async def _record(tx: Transaction, entry: Audience, answer: ObservedAudience | None, now: datetime) -> None:
    renewed = remove(entry, observe_time=now) if answer is None else renew(entry, answer)
    await tx.audiences.save([renewed])
    for event in tell_difference(entry, renewed):
        await tx.outbox.add(event)


async def _merge(tx: Transaction, channel: str, observed: Sequence[ObservedAudience], now: datetime) -> SyncResult:
    known = {entry.observed.audience_id: entry for entry in await tx.audiences.lock_catalog(channel)}
    listed = {seen.audience_id: seen for seen in observed}
    current = [renew(known[key], seen) if key in known else enter(channel, seen) for key, seen in listed.items()]
    gone = [
        remove(entry, observe_time=now)
        for key, entry in known.items()
        if key not in listed and entry.observed.state is not State.REMOVED
    ]
    await tx.audiences.save([*current, *gone])
    for entry in [*current, *gone]:
        for event in tell_difference(known.get(entry.observed.audience_id), entry):
            await tx.outbox.add(event)
    return SyncResult(
        audience_count=len(current),
        discovered_count=len(listed.keys() - known.keys()),
        removed_count=len(gone),
        sync_time=now,
    )
