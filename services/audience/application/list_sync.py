"""Reads bound lists from HubSpot: a background worker that any number of replicas may run."""

from collections.abc import Sequence
from contextlib import suppress

import structlog

from audience.application.hubspot_port import LARGEST_READ, ContactSource, HubSpotCredentials, HubSpotList
from audience.application.keyring import Keyring
from audience.application.ports import Transaction
from audience.domain.channels import Problem
from audience.domain.contact_lists import ContactList, ListState, Member, SyncFailure, classify, is_plausible
from audience.domain.errors import (
    DailyLimitReached,
    HubSpotListNotFound,
    HubSpotListUnsuitable,
    HubSpotRateLimited,
    HubSpotRefused,
    VendorUnavailable,
)
from audience.domain.events import ContactListSynced, ContactListSyncFailed
from kit.clock import Clock
from kit.store.errors import StoreError
from kit.store.holding import LEASE, holding
from kit.store.ports import Claim, UnitOfWork

MAX_WALKS = 3
"""How often a list is walked anew when it changed during the walk (HS 10, trap 3)."""

_REFUSALS = {
    Problem.HUBSPOT_CREDENTIALS_REFUSED: SyncFailure.HUBSPOT_CREDENTIALS_REFUSED,
    Problem.HUBSPOT_SCOPE_MISSING: SyncFailure.HUBSPOT_SCOPE_MISSING,
    Problem.HUBSPOT_PROPERTY_MISSING: SyncFailure.HUBSPOT_PROPERTY_MISSING,
}
_FAILURES: tuple[tuple[type[Exception], SyncFailure], ...] = (
    (HubSpotListUnsuitable, SyncFailure.HUBSPOT_LIST_UNSUITABLE),
    (HubSpotRateLimited, SyncFailure.HUBSPOT_RATE_LIMITED),
    (DailyLimitReached, SyncFailure.HUBSPOT_DAILY_LIMIT),
    (VendorUnavailable, SyncFailure.HUBSPOT_UNAVAILABLE),
)

_log = structlog.get_logger(__name__)


class ClaimLost(Exception):  # noqa: N818 - a signal between two functions of this module, not a failure
    """Somebody else reads the list now."""


class ListSync:
    """Reads one list at a time: walks its members, puts them aside, and swaps them in when they are complete.

    The contacts of the last reading stay in use until then, so a crash or an outage leaves nothing half done.
    """

    def __init__(
        self, *, uow: UnitOfWork[Transaction], contacts: ContactSource, keyring: Keyring, clock: Clock
    ) -> None:
        self._uow = uow
        self._contacts = contacts
        self._keyring = keyring
        self._clock = clock

    async def run_once(self) -> bool:
        """Read one list that is waiting; False when none is."""
        now = self._clock.now()
        async with self._uow() as tx:
            await tx.contact_lists.request_stale_syncs(now=now)
            claim = await tx.contact_lists.claim_sync(now=now, lease=LEASE)
        if claim is None:
            return False
        async with holding(self._uow, lambda tx: tx.contact_lists, claim):
            with suppress(ClaimLost):
                await self._finish(claim, await self._attempt(claim))
        return True

    async def _attempt(self, claim: Claim[ContactList]) -> ContactList:
        """Read a list; return how it is then, whatever happened."""
        try:
            return await self._read(claim)
        except (ClaimLost, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - a list that meets a fault each time must not eat HubSpot's budget
            _log.error("list_sync_failed", contact_list=claim.item.name, exc_info=error)
            return claim.item.trip(now=self._clock.now())

    async def _read(self, claim: Claim[ContactList]) -> ContactList:
        channel = claim.item.name.partition("/contactLists/")[0]
        try:
            async with self._keyring.hubspot(channel) as (owner, credentials):
                return await self._walk_until_calm(claim, credentials, owner.hubspot_line_id_property)
        except HubSpotListNotFound:
            return claim.item.lose(now=self._clock.now())
        except (HubSpotRefused, HubSpotListUnsuitable, VendorUnavailable) as error:
            return claim.item.fail(_classify(error), now=self._clock.now(), wait=error.retry_after)

    async def _walk_until_calm(
        self, claim: Claim[ContactList], credentials: HubSpotCredentials, line_id_property: str
    ) -> ContactList:
        before = await self._contacts.get_list(credentials, claim.item.hubspot_list_id)
        for _ in range(MAX_WALKS):
            await self._walk(claim, credentials, line_id_property)
            after = await self._contacts.get_list(credentials, claim.item.hubspot_list_id)
            if after.signals == before.signals:
                break
            before = after
        return await self._conclude(claim, after)

    async def _walk(self, claim: Claim[ContactList], credentials: HubSpotCredentials, line_id_property: str) -> None:
        async with self._uow() as tx:
            await tx.contact_lists.discard_members(claim)
        pages = self._contacts.walk_members(credentials, claim.item.hubspot_list_id)
        async for record_ids in pages:
            members = await self._resolve(credentials, record_ids, line_id_property)
            async with self._uow() as tx:
                if await tx.contact_lists.hold(claim) is None:
                    raise ClaimLost
                await tx.contact_lists.add_members(claim, members)

    async def _resolve(
        self, credentials: HubSpotCredentials, record_ids: Sequence[str], line_id_property: str
    ) -> list[Member]:
        members = []
        for start in range(0, len(record_ids), LARGEST_READ):
            batch = record_ids[start : start + LARGEST_READ]
            reading = await self._contacts.read_line_ids(credentials, batch, line_id_property=line_id_property)
            for record_id, value in reading.line_ids.items():
                # A merged contact answers under its new id, which may be a member too: it counts once (HS 10, trap 14).
                members.append(classify(reading.merged_into.get(record_id, record_id), value))
        return members

    async def _conclude(self, claim: Claim[ContactList], source: HubSpotList) -> ContactList:
        async with self._uow() as tx:
            counted = await tx.contact_lists.tally_members(claim)
        before = claim.item.tally.contacts
        now, size = self._clock.now(), source.signals.reported_size
        if not is_plausible(counted.contacts, size, before=before):
            return claim.item.fail(SyncFailure.IMPLAUSIBLY_EMPTY, now=now)
        return claim.item.succeed(display_name=source.name, tally=counted, reported_size=size, now=now)

    async def _finish(self, claim: Claim[ContactList], outcome: ContactList) -> None:
        read = outcome.state is ListState.READY
        async with self._uow() as tx:
            if await tx.contact_lists.hold(claim) is None:
                return
            await tx.contact_lists.save(outcome)
            if read:
                await tx.contact_lists.use_members(claim)
                await tx.outbox.add(ContactListSynced(outcome.name, outcome.update_time))
                return
            await tx.contact_lists.discard_members(claim)
            if (outcome.state, outcome.failure) != (claim.item.state, claim.item.failure):
                await tx.outbox.add(
                    ContactListSyncFailed(outcome.name, outcome.state, outcome.failure, outcome.update_time)
                )


def _classify(error: HubSpotRefused | HubSpotListUnsuitable | VendorUnavailable) -> SyncFailure:
    if isinstance(error, HubSpotRefused):
        return _REFUSALS[error.problem]
    return next(failure for kind, failure in _FAILURES if isinstance(error, kind))
