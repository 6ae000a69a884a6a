"""The use cases over fakes, with a channel `channels/acme` where a test asks for it."""

from dataclasses import dataclass, field

import pytest

from audience.application.audiences import Audiences
from audience.application.catalog_reader import CatalogReader
from audience.application.channels import Channels, NewChannel
from audience.application.facts import Facts
from audience.application.keyring import Keyring
from audience.application.list_sync import ListSync
from audience.application.polling import Polling
from audience.application.tokens import Tokens
from audience.domain.channels import DEFAULT_ORDER_LIFETIME, Channel, Credentials
from kit.store.once import Once
from kit.store.ports import RequestKey
from tests.fakes.audience import LINE_CHANNEL_ID, LINE_SECRET, FakeLine, FakeVault
from tests.fakes.audience_store import FakeAudienceStores, FakeTransaction
from tests.fakes.clock import FakeClock
from tests.fakes.hubspot import TOKEN, FakeContactSource

ACME = "channels/acme"


@dataclass(frozen=True, slots=True)
class World:
    """The fakes that everything stands on."""

    clock: FakeClock = field(default_factory=FakeClock)
    uow: FakeAudienceStores = field(init=False)
    contacts: FakeContactSource = field(default_factory=FakeContactSource)
    vault: FakeVault = field(default_factory=FakeVault)
    line: FakeLine = field(init=False)

    def __post_init__(self) -> None:
        """Put LINE and the store on the same clock."""
        object.__setattr__(self, "line", FakeLine(self.clock))
        object.__setattr__(self, "uow", FakeAudienceStores(self.clock))

    @property
    def tx(self) -> FakeTransaction:
        """What is stored."""
        return self.uow.tx

    @property
    def keyring(self) -> Keyring:
        """Credentials of the channels."""
        return Keyring(uow=self.uow, line=self.line, vault=self.vault, clock=self.clock)

    @property
    def channels(self) -> Channels:
        """Use cases of channels."""
        return Channels(uow=self.uow, line=self.line, contacts=self.contacts, vault=self.vault, clock=self.clock)

    @property
    def audiences(self) -> Audiences:
        """Use cases of the catalog."""
        return Audiences(self.uow)

    @property
    def catalog(self) -> CatalogReader:
        """What asks LINE about audiences."""
        return CatalogReader(uow=self.uow, line=self.line, keyring=self.keyring, clock=self.clock)

    @property
    def channel(self) -> Channel:
        """The channel as it is stored."""
        return self.tx.channels.channels[ACME]

    @property
    def facts(self) -> Facts:
        """Facts for delivery."""
        return Facts(uow=self.uow, line=self.line, keyring=self.keyring, catalog=self.catalog, clock=self.clock)

    @property
    def tokens(self) -> Tokens:
        """Tokens for delivery."""
        return Tokens(uow=self.uow, keyring=self.keyring, clock=self.clock)

    @property
    def list_sync(self) -> ListSync:
        """The worker that reads lists."""
        return ListSync(uow=self.uow, contacts=self.contacts, keyring=self.keyring, clock=self.clock)

    @property
    def polling(self) -> Polling:
        """The worker that keeps the catalog fresh."""
        return Polling(uow=self.uow, catalog=self.catalog, facts=self.facts, clock=self.clock)


def describe_channel(
    name: str = ACME,
    *,
    line_channel_id: str = LINE_CHANNEL_ID,
    secret: str = LINE_SECRET,
    hubspot_access_token: str = TOKEN,
    line_id_property: str = "line_user_id",
    time_zone: str = "Asia/Tokyo",
) -> NewChannel:
    """Return what a caller says of a channel that both vendors accept."""
    return NewChannel(
        name=name,
        display_name="Acme",
        line_channel_id=line_channel_id,
        hubspot_line_id_property=line_id_property,
        time_zone=time_zone,
        order_lifetime=DEFAULT_ORDER_LIFETIME,
        credentials=Credentials(secret, hubspot_access_token),
    )


def make_once(request_id: str = "1", body: bytes = b"body") -> Once:
    """Return a request that may be repeated."""
    return Once(RequestKey("user:test", "CreateChannel", request_id), body)


@pytest.fixture
def world() -> World:
    """Give fakes without a channel."""
    return World()


@pytest.fixture
async def acme(world: World) -> World:
    """Give fakes with the channel `channels/acme`, whose events are forgotten."""
    await world.channels.create(describe_channel(), make_once())
    world.tx.outbox.events.clear()
    return world
