"""Use cases of channels: registering, looking up, opening their credentials."""

from dataclasses import dataclass
from datetime import timedelta

from audience.application.hubspot_port import ContactSource, HubSpotCredentials
from audience.application.ports import LineAccounts, LineBot, Transaction, Vault
from audience.domain.channels import Channel, Credentials
from audience.domain.errors import ChannelNotFound, LineChannelTaken, Refused
from audience.domain.events import ChannelCreated
from kit.clock import Clock
from kit.errors import AlreadyExists
from kit.store.once import Once
from kit.store.ports import UnitOfWork

AREA_PREFIXES = {"Asia/Tokyo": "jp", "Japan": "jp", "Asia/Taipei": "tw", "ROC": "tw", "Asia/Bangkok": "th"}
"""Which of LINE's areas an Official Account has (LP 4.4), by its time zone; LINE has no call that tells the country.

Of an account in another time zone it is not known.
"""


@dataclass(frozen=True, slots=True)
class NewChannel:
    """What a caller says of a new channel; `name` is complete, `time_zone` known to IANA."""

    name: str
    display_name: str
    line_channel_id: str
    hubspot_line_id_property: str
    time_zone: str
    order_lifetime: timedelta
    credentials: Credentials


class Channels:
    """Registers channels and tells how they are."""

    def __init__(
        self,
        *,
        uow: UnitOfWork[Transaction],
        line: LineAccounts,
        contacts: ContactSource,
        vault: Vault,
        clock: Clock,
    ) -> None:
        self._uow = uow
        self._line = line
        self._contacts = contacts
        self._vault = vault
        self._clock = clock

    async def create(self, new: NewChannel, once: Once) -> Channel:
        """Register a channel whose credentials LINE and HubSpot accept (N5); a repetition returns it as it is now.

        Raises:
            AlreadyExists: a channel has that name, or had it.
            LineChannelTaken: the LINE channel is registered under another name.
            LineRefused, HubSpotRefused: a vendor does not take the credentials; the error names the field.
            VendorUnavailable: a vendor gave no answer.

        """
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await require_channel(tx, name)
        channel = await self._verify(new)
        async with self._uow() as tx:
            if (name := await once.find(tx.requests)) is not None:
                return await require_channel(tx, name)
            await tx.channels.add(channel, self._vault.seal(channel.name, new.credentials))
            await tx.outbox.add(ChannelCreated(channel.name, channel.create_time, channel.time_zone))
            await once.keep(tx.requests, channel.name)
        return channel

    async def check(self, new: NewChannel) -> Channel:
        """Do all that `create` does, except storing (AIP-163); raises what `create` raises."""
        async with self._uow.read() as tx:
            if await tx.channels.is_name_taken(new.name):
                raise AlreadyExists(new.name)
            if await tx.channels.is_line_channel_taken(new.line_channel_id):
                raise LineChannelTaken(new.line_channel_id)
        return await self._verify(new)

    async def get(self, name: str) -> Channel:
        """Return one channel.

        Raises:
            ChannelNotFound: there is none of that name.

        """
        async with self._uow.read() as tx:
            return await require_channel(tx, name)

    async def page(self, *, among: frozenset[str] | None, after: str | None, size: int) -> list[Channel]:
        """Return up to `size` channels by name, from the one after `after`; only those `among`, or all."""
        async with self._uow.read() as tx:
            return await tx.channels.page(among=among, after=after, size=size)

    async def _verify(self, new: NewChannel) -> Channel:
        try:
            bot = await self._introduce(new)
            await self._check_hubspot(new)
        except Refused as refusal:
            refusal.name_channel(new.name)
            raise
        now = self._clock.now()
        return Channel(
            name=new.name,
            display_name=new.display_name,
            line_channel_id=new.line_channel_id,
            bot_user_id=bot.user_id,
            line_basic_id=bot.basic_id,
            hubspot_line_id_property=new.hubspot_line_id_property,
            time_zone=new.time_zone,
            area_prefix=AREA_PREFIXES.get(new.time_zone),
            order_lifetime=new.order_lifetime,
            create_time=now,
            update_time=now,
        )

    async def _introduce(self, new: NewChannel) -> LineBot:
        token = await self._line.issue_token(new.line_channel_id, new.credentials.line_channel_secret)
        return await self._line.describe_bot(token)

    async def _check_hubspot(self, new: NewChannel) -> None:
        credentials = HubSpotCredentials(new.credentials.hubspot_access_token)
        await self._contacts.check_access(credentials, line_id_property=new.hubspot_line_id_property)


async def require_channel(tx: Transaction, name: str) -> Channel:
    """Return the channel of that name, or raise `ChannelNotFound`."""
    channel = await tx.channels.find(name)
    if channel is None:
        raise ChannelNotFound(name)
    return channel
