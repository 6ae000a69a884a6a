"""Reads bound lists from HubSpot: a background worker that any number of replicas may run."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from audience.application.hubspot_port import LARGEST_READ, ContactSource, HubSpotCredentials, HubSpotList
from audience.application.keyring import Keyring
from audience.application.ports import Transaction
from audience.domain.channels import Problem
from audience.domain.contact_lists import ContactList, ListState, Member, SyncFailure, classify, is_plausible
from audience.domain.errors import DailyLimitReached, HubSpotListNotFound, HubSpotRefused, VendorUnavailable
from audience.domain.events import ContactListSynced, ContactListSyncFailed
from kit.clock import Clock
from kit.store.holding import LEASE, holding
from kit.store.ports import Claim, UnitOfWork

MAX_WALKS = 3
"""How often a list is walked anew when it changed during the walk (HS 10, trap 3)."""

REFRESH_AFTER = timedelta(hours=12)
"""A list is read again when its contacts are older; policy takes them up to 24 hours (architecture 4)."""

_FAILURES = {
    Problem.HUBSPOT_CREDENTIALS_REFUSED: SyncFailure.HUBSPOT_CREDENTIALS_REFUSED,
    Problem.HUBSPOT_SCOPE_MISSING: SyncFailure.HUBSPOT_SCOPE_MISSING,
    Problem.HUBSPOT_PROPERTY_MISSING: SyncFailure.HUBSPOT_PROPERTY_MISSING,
}


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
            await tx.contact_lists.request_stale_syncs(now=now, synced_before=now - REFRESH_AFTER)
            claim = await tx.contact_lists.claim_sync(lease=LEASE)
        if claim is None:
            return False
        async with holding(self._uow, lambda tx: tx.contact_lists, claim):
            with suppress(ClaimLost):
                await self._finish(claim, await self._read(claim))
        return True

    async def _read(self, claim: Claim[ContactList]) -> ContactList:
        channel = claim.item.name.partition("/contactLists/")[0]
        try:
            async with self._keyring.hubspot(channel) as (owner, credentials):
                return await self._walk_until_calm(claim, credentials, owner.hubspot_line_id_property)
        except HubSpotListNotFound:
            return self._failed(claim, ListState.GONE, None)
        except HubSpotRefused as refusal:
            return self._failed(claim, ListState.FAILED, _FAILURES[refusal.problem])
        except DailyLimitReached:
            return self._failed(claim, ListState.FAILED, SyncFailure.HUBSPOT_DAILY_LIMIT)
        except VendorUnavailable:
            return self._failed(claim, ListState.FAILED, SyncFailure.HUBSPOT_UNAVAILABLE)

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
        if not is_plausible(counted.contacts, source.signals.reported_size, before=before):
            return self._failed(claim, ListState.FAILED, SyncFailure.IMPLAUSIBLY_EMPTY)
        now = self._clock.now()
        return replace(
            claim.item,
            display_name=source.name,
            state=ListState.READY,
            failure=None,
            tally=counted,
            reported_size=source.signals.reported_size,
            sync_time=now,
            update_time=now,
        )

    def _failed(self, claim: Claim[ContactList], state: ListState, failure: SyncFailure | None) -> ContactList:
        return replace(claim.item, state=state, failure=failure, update_time=self._clock.now())

    async def _finish(self, claim: Claim[ContactList], outcome: ContactList) -> None:
        read = outcome.state is ListState.READY
        async with self._uow() as tx:
            if await tx.contact_lists.hold(claim) is None:
                return
            await tx.contact_lists.save(outcome)
            if read:
                await tx.contact_lists.use_members(claim)
                await tx.outbox.add(ContactListSynced(outcome.name, outcome.update_time))
            else:
                await tx.contact_lists.discard_members(claim)
                await tx.outbox.add(
                    ContactListSyncFailed(outcome.name, outcome.state, outcome.failure, outcome.update_time)
                )
