"""Keeps the catalog equal to what LINE says: whole readings, and single audiences that must be fresh.

What LINE has told is stored as it comes, so that whatever fails later, a limit, an outage or a deadline, no reading
begins anew where the last one began.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from audience.application.keyring import Keyring
from audience.application.ports import LineAccounts, LineToken, ListedPage, Transaction
from audience.domain.audiences import Audience, ObservedAudience, State, enter, remove, renew
from audience.domain.catalog import CatalogFailure, CatalogSync
from audience.domain.channels import LINE_PROBLEMS
from audience.domain.errors import (
    AnswerUnreadable,
    LineAudiencesForbidden,
    LineRateLimited,
    LineRefused,
    Refused,
    VendorUnavailable,
)
from audience.domain.events import tell_difference
from audience.domain.lookups import KEPT_FOR_SENDS
from kit.clock import Clock
from kit.store.ports import UnitOfWork

FRESHNESS = timedelta(minutes=5)
"""Facts of audiences are at most this old (architecture 4)."""

_FAILURES: tuple[tuple[type[Exception], CatalogFailure], ...] = (
    (LineRefused, CatalogFailure.LINE_CREDENTIALS_REFUSED),
    (LineAudiencesForbidden, CatalogFailure.LINE_AUDIENCES_FORBIDDEN),
    (LineRateLimited, CatalogFailure.LINE_RATE_LIMITED),
    (VendorUnavailable, CatalogFailure.LINE_UNAVAILABLE),
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a whole reading found; `audience_count` are those that LINE told of and that could be read."""

    audience_count: int
    discovered_count: int
    removed_count: int
    unreadable_count: int
    unchecked_count: int
    sync_time: datetime


class _Listing:
    """What LINE's pages told so far; `observed` is keyed by audience id."""

    def __init__(self) -> None:
        self.observed: dict[int, ObservedAudience] = {}
        self.unreadable_ids: set[int] = set()
        self.unreadable_count = 0

    def add(self, page: ListedPage) -> None:
        """Take a page in; an audience that both listings show is the account's own."""
        for seen in page.audiences:
            self.observed.setdefault(seen.audience_id, seen)
        self.unreadable_ids.update(known for known in page.unreadable if known is not None)
        self.unreadable_count += len(page.unreadable)

    def lacks(self, entry: Audience) -> bool:
        """Tell whether LINE showed nothing of an entry of the catalog."""
        number = entry.observed.audience_id
        return number not in self.observed and number not in self.unreadable_ids


@dataclass(frozen=True, slots=True)
class _Merged:
    """What a listing changed: how many entries are new, and which known ones it lacks."""

    discovered_count: int
    missing: list[Audience]


@dataclass(frozen=True, slots=True)
class _Search:
    """How asking for single entries went; `unchecked_count` were not asked for, or not answered."""

    found_count: int = 0
    removed_count: int = 0
    unreadable_count: int = 0
    unchecked_count: int = 0


class CatalogReader:
    """Asks LINE about a channel's audiences."""

    def __init__(self, *, uow: UnitOfWork[Transaction], line: LineAccounts, keyring: Keyring, clock: Clock) -> None:
        self._uow = uow
        self._line = line
        self._keyring = keyring
        self._clock = clock

    async def sync(self, channel: str, *, insist: bool = False) -> SyncResult:
        """Read all audiences of a channel into the catalog; the channel tells how it went.

        `insist` asks LINE even where it refused the channel just now: a person may have mended it.

        Raises:
            ChannelNotFound: there is no such channel.
            LineRefused, LineAudiencesForbidden: LINE does not take the channel.
            VendorUnavailable: LINE gave no answer that can be read, or its limit is used up; the catalog keeps what it
                had, and what was read until then.

        """
        try:
            async with self._keyring.line(channel, insist=insist, solves=LINE_PROBLEMS) as token:
                result = await self._read(token, channel)
        except (Refused, VendorUnavailable) as error:
            await self._note_failure(channel, _classify(error), wait=error.retry_after)
            raise
        return result

    async def note_fault(self, channel: str) -> None:
        """Note that a reading met a fault of ours, so that the next one is not made at once."""
        await self._note_failure(channel, CatalogFailure.SERVICE_FAULT, wait=None)

    async def freshen(self, channel: str, names: Sequence[str]) -> list[Audience]:
        """Return the entries named, asking LINE again for those that are too old or whose jobs are not known.

        An entry that LINE can't be asked for, or not now, stays as it is, with the time of its observation.
        """
        async with self._uow.read() as tx:
            entries = await tx.audiences.find(names)
        now = self._clock.now()
        stale = sorted((entry for entry in entries if needs_asking(entry, now)), key=lambda entry: entry.oldest_time)
        if not stale:
            return entries
        async with self._uow() as tx:
            granted = await tx.channels.take_lookups(channel, len(stale))
        if granted:
            with suppress(Refused, VendorUnavailable):
                async with self._keyring.line(channel, solves=LINE_PROBLEMS) as token:
                    await self._look_up(token, channel, stale[:granted])
        async with self._uow.read() as tx:
            return await tx.audiences.find(names)

    async def _read(self, token: LineToken, channel: str) -> SyncResult:
        listing, trouble = await self._list(token)
        merged = await self._merge(channel, listing)
        if trouble is not None:
            raise trouble
        search = await self._look_for(token, channel, merged.missing)
        now = self._clock.now()
        result = SyncResult(
            audience_count=len(listing.observed) + search.found_count,
            discovered_count=merged.discovered_count,
            removed_count=search.removed_count,
            unreadable_count=listing.unreadable_count + search.unreadable_count,
            unchecked_count=search.unchecked_count,
            sync_time=now,
        )
        await self._note(
            channel,
            lambda known: known.succeed(
                now, unreadable_count=result.unreadable_count, unchecked_count=result.unchecked_count
            ),
        )
        return result

    async def _list(self, token: LineToken) -> tuple[_Listing, Refused | VendorUnavailable | None]:
        """Walk LINE's pages as far as it goes; return what they told, and what ended the walk early."""
        listing = _Listing()
        try:
            async for page in self._line.list_audiences(token):
                listing.add(page)
        except (Refused, VendorUnavailable) as trouble:
            return listing, trouble
        return listing, None

    async def _merge(self, channel: str, listing: _Listing) -> _Merged:
        async with self._uow() as tx:
            await tx.audiences.lock_catalog(channel)
            known = {entry.observed.audience_id: entry for entry in await tx.audiences.list_all(channel)}
            told = [
                (known.get(number), renew(known[number], seen) if number in known else enter(channel, seen))
                for number, seen in listing.observed.items()
            ]
            await _store(tx, told)
        missing = [
            entry for entry in known.values() if entry.observed.state is not State.REMOVED and listing.lacks(entry)
        ]
        return _Merged(len(listing.observed.keys() - known.keys()), missing)

    async def _look_for(self, token: LineToken, channel: str, missing: Sequence[Audience]) -> _Search:
        """Ask for entries that the list lacks: LINE's pages have no fixed order, so a walk may miss one (LP 3.5).

        As many as LINE's limit allows; those that were not heard of for longest come first.
        """
        if not missing:
            return _Search()
        async with self._uow() as tx:
            granted = await tx.channels.take_lookups(channel, len(missing), keep=KEPT_FOR_SENDS)
        by_age = sorted(missing, key=lambda entry: entry.observed.observe_time)
        search = await self._look_up(token, channel, by_age[:granted])
        return replace(search, unchecked_count=search.unchecked_count + len(missing) - granted)

    async def _look_up(self, token: LineToken, channel: str, entries: Sequence[Audience]) -> _Search:
        """Ask for entries one by one, and store each answer; stop where LINE gives no more."""
        answers: list[ObservedAudience | None] = []
        unreadable_count = 0
        for entry in entries:
            try:
                answer = await self._line.get_audience(token, entry.observed.audience_id, owned=entry.observed.owned)
            except AnswerUnreadable:
                unreadable_count += 1
                continue
            except VendorUnavailable as error:
                await self._note_limit(channel, error)
                break
            await self._record(channel, entry.name, answer)
            answers.append(answer)
        removed_count = answers.count(None)
        return _Search(
            found_count=len(answers) - removed_count,
            removed_count=removed_count,
            unreadable_count=unreadable_count,
            unchecked_count=len(entries) - len(answers) - unreadable_count,
        )

    async def _record(self, channel: str, name: str, answer: ObservedAudience | None) -> None:
        async with self._uow() as tx:
            await tx.audiences.lock_catalog(channel)
            for entry in await tx.audiences.find([name]):
                told = remove(entry, observe_time=self._clock.now()) if answer is None else renew(entry, answer)
                await _store(tx, [(entry, told)])

    async def _note_limit(self, channel: str, error: VendorUnavailable) -> None:
        if isinstance(error, LineRateLimited):
            async with self._uow() as tx:
                await tx.channels.drain_lookups(channel)

    async def _note_failure(self, channel: str, failure: CatalogFailure, *, wait: timedelta | None) -> None:
        _log.warning("catalog_not_read", channel=channel, failure=failure.name)
        now = self._clock.now()
        await self._note(channel, lambda known: known.fail(failure, now, wait=wait))

    async def _note(self, channel: str, change: Callable[[CatalogSync], CatalogSync]) -> None:
        async with self._uow() as tx:
            locked = await tx.channels.lock(channel)
            if locked is not None:
                await tx.channels.save_catalog(channel, change(locked.catalog))


def needs_asking(entry: Audience, now: datetime) -> bool:
    """Tell whether an entry, or what is known of its jobs, is too old to decide on, or jobs are not known at all."""
    return entry.observed.jobs is None or entry.oldest_time < now - FRESHNESS


def _classify(error: Refused | VendorUnavailable) -> CatalogFailure:
    return next(failure for kind, failure in _FAILURES if isinstance(error, kind))


async def _store(tx: Transaction, told: Sequence[tuple[Audience | None, Audience]]) -> None:
    """Save entries, each beside what was known of it, and tell the differences."""
    await tx.audiences.save([entry for _, entry in told])
    for before, entry in told:
        for event in tell_difference(before, entry):
            await tx.outbox.add(event)
