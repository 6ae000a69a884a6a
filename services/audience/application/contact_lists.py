"""Use cases of contact lists: binding HubSpot lists and telling how they are."""

from dataclasses import dataclass

from audience.application.channels import require_channel
from audience.application.hubspot_port import ContactSource, HubSpotList
from audience.application.keyring import Keyring
from audience.application.ports import Transaction
from audience.domain.channels import HUBSPOT_PROBLEMS
from audience.domain.contact_lists import ContactList, ListState, Tally
from audience.domain.events import ContactListBound
from kit.clock import Clock
from kit.errors import AlreadyExists, NotFound
from kit.store.once import Once
from kit.store.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class OfferedList:
    """A list as HubSpot shows it, and the contact list that it is bound to."""

    source: HubSpotList
    contact_list: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A page of HubSpot's lists; those that can't be read are only counted. `next_offset` is None on the last page."""

    lists: tuple[OfferedList, ...]
    unreadable_count: int
    next_offset: int | None


class ContactLists:
    """Binds HubSpot lists to channels (R3, R12)."""

    def __init__(
        self, *, uow: UnitOfWork[Transaction], contacts: ContactSource, keyring: Keyring, clock: Clock
    ) -> None:
        self._uow = uow
        self._contacts = contacts
        self._keyring = keyring
        self._clock = clock

    async def offer(self, channel: str, *, query: str, offset: int, size: int) -> Offer:
        """Return up to `size` contact lists of the channel's HubSpot account.

        Raises:
            ChannelNotFound: there is no such channel.
            HubSpotRefused: HubSpot does not take the credentials.
            VendorUnavailable: HubSpot gave no answer.

        """
        async with self._keyring.hubspot(channel, insist=True) as (_, credentials):
            page = await self._contacts.list_lists(credentials, query=query, offset=offset, count=size)
        names = {source.list_id: f"{channel}/contactLists/{source.list_id}" for source in page.lists}
        async with self._uow.read() as tx:
            bound = {known.name for known in await tx.contact_lists.find(list(names.values()))}
        offered = tuple(
            OfferedList(source, names[source.list_id] if names[source.list_id] in bound else None)
            for source in page.lists
        )
        return Offer(offered, page.unreadable_count, page.next_offset)

    async def bind(self, channel: str, hubspot_list_id: str, once: Once) -> ContactList:
        """Bind a HubSpot list and have it read; a repetition returns it as it is now (AIP-155).

        Raises:
            ChannelNotFound: there is no such channel.
            AlreadyExists: the list is bound already.
            HubSpotListNotFound: HubSpot has no such list.
            HubSpotListUnsuitable: the list does not hold contacts.
            HubSpotRefused: HubSpot does not take the credentials.
            VendorUnavailable: HubSpot gave no answer.

        """
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await _require_contact_list(tx, name)
        async with self._keyring.hubspot(channel, insist=True) as (_, credentials):
            source = await self._contacts.get_list(credentials, hubspot_list_id)
        now = self._clock.now()
        bound = ContactList(
            name=f"{channel}/contactLists/{source.list_id}",
            display_name=source.name,
            hubspot_list_id=source.list_id,
            state=ListState.SYNCING,
            failure=None,
            tally=Tally(),
            reported_size=source.signals.reported_size,
            sync_time=None,
            create_time=now,
            update_time=now,
        )
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await _require_contact_list(tx, name)
            if await tx.contact_lists.find([bound.name]):
                raise AlreadyExists(bound.name)
            await tx.contact_lists.add(bound)
            await tx.outbox.add(ContactListBound(bound.name, now))
            await once.keep(tx.requests, bound.name)
        return bound

    async def get(self, name: str) -> ContactList:
        """Return one contact list.

        Raises:
            NotFound: there is none of that name.

        """
        async with self._uow.read() as tx:
            return await _require_contact_list(tx, name)

    async def page(self, channel: str, *, after: int | None, size: int) -> list[ContactList]:
        """Return up to `size` contact lists by id, from the one after `after`.

        Raises:
            ChannelNotFound: there is no such channel.

        """
        async with self._uow.read() as tx:
            await require_channel(tx, channel)
            return await tx.contact_lists.page(channel, after=after, size=size)

    async def request_sync(self, name: str) -> ContactList:
        """Have a list read from HubSpot now, even where HubSpot refused the channel just now.

        One that is SYNCING already stays so.

        Raises:
            NotFound: there is none of that name.

        """
        now = self._clock.now()
        async with self._uow() as tx:
            requested = await tx.contact_lists.request_sync(name, now=now)
            if requested is None:
                raise NotFound(name)
            channel = await tx.channels.lock(name.partition("/contactLists/")[0])
            if channel is not None and channel.find_pause(HUBSPOT_PROBLEMS, now) is not None:
                await tx.channels.save(channel.end_pauses(HUBSPOT_PROBLEMS, now=now))
        return requested


async def _require_contact_list(tx: Transaction, name: str) -> ContactList:
    found = await tx.contact_lists.find([name])
    if not found:
        raise NotFound(name)
    return found[0]
