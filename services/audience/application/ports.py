"""What the use cases of the audience service need from the outside."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from audience.domain.audiences import Audience, Kind, ObservedAudience, State
from audience.domain.catalog import CatalogSync
from audience.domain.channels import Channel, Credentials
from audience.domain.contact_lists import ContactList, Member, Tally
from audience.domain.events import Event
from kit.store.ports import Claim, Claims, RequestAnswers


@dataclass(frozen=True, slots=True)
class SealedCredentials:
    """Credentials as they are stored: an envelope that only the vault opens (requirement N5)."""

    envelope: bytes


@dataclass(frozen=True, slots=True)
class Reach:
    """LINE's target reach on a Japanese day (LP 6.4); `reach` is None while LINE has told none."""

    reach: int | None
    day: date | None
    attempt_time: datetime | None


@dataclass(frozen=True, slots=True)
class LineBot:
    """Who the Official Account is at LINE (LP 6.4, bot info)."""

    user_id: str
    basic_id: str


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page of audiences; `unreadable` holds an id, or None, for each entry that does not read as documented."""

    audiences: tuple[ObservedAudience, ...]
    unreadable: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class LineToken:
    """A stateless channel access token (LP 2); `expire_time` is machine time."""

    value: str
    expire_time: datetime

    def __repr__(self) -> str:
        return f"LineToken(…, expire_time={self.expire_time!r})"


class Vault(Protocol):
    """Seals credentials for storage; an envelope opens only for the channel that it was sealed for."""

    def seal(self, channel: str, credentials: Credentials) -> SealedCredentials:
        """Encrypt with the current key."""
        ...

    def open(self, channel: str, sealed: SealedCredentials) -> Credentials:
        """Decrypt with the key that the envelope names."""
        ...


class LineAccounts(Protocol):
    """The part of LINE that this service talks to.

    Every method raises `VendorUnavailable` when there is no answer that can be read, of the kind `LineRateLimited` when
    a limit is used up.
    """

    async def issue_token(self, line_channel_id: str, secret: str) -> LineToken:
        """Get a token of 15 minutes for the channel (LP 2.2); raises `LineRefused` for what LINE does not take."""
        ...

    async def describe_bot(self, token: LineToken) -> LineBot:
        """Ask who the Official Account is; raises `LineRefused` where the channel may not even ask that."""
        ...

    def list_audiences(self, token: LineToken) -> AsyncIterator[ListedPage]:
        """Walk all audiences that the Official Account sees, its own first (LP 3.5).

        Raises `LineAudiencesForbidden` where the account may use none.
        """
        ...

    async def get_audience(self, token: LineToken, audience_id: int, *, owned: bool) -> ObservedAudience | None:
        """Read one audience with its jobs (LP 3.7), own or shared; None when LINE has none of that id.

        Raises `LineAudiencesForbidden` where the account may use none, and `AnswerUnreadable` when this audience does
        not read as documented.
        """
        ...

    async def count_reach(self, token: LineToken, day: date) -> int | None:
        """Read the target reach of a Japanese day; None while LINE is not ready (LP 6.4)."""
        ...


class ChannelStore(Claims[Channel], Protocol):
    """Channels, their sealed credentials and their target reach; one process at a time reads a channel's audiences."""

    async def add(self, channel: Channel, sealed: SealedCredentials) -> None:
        """Store a new channel; raises `AlreadyExists` when its name was ever given, or `LineChannelTaken`."""
        ...

    async def find(self, name: str) -> Channel | None:
        """Return the channel of that name."""
        ...

    async def is_name_taken(self, name: str) -> bool:
        """Tell whether a channel has this name, or had it: names of deleted channels are not free again."""
        ...

    async def is_line_channel_taken(self, line_channel_id: str) -> bool:
        """Tell whether a channel with this LINE channel is registered."""
        ...

    async def lock(self, name: str) -> Channel | None:
        """Return the channel and keep others from changing it until the transaction ends."""
        ...

    async def save(self, channel: Channel) -> None:
        """Store the channel's present display data and problems; not its catalog."""
        ...

    async def page(self, *, among: frozenset[str] | None, after: str | None, size: int) -> list[Channel]:
        """Return up to `size` channels by name, from the one after `after`; only those `among`, or all."""
        ...

    async def find_credentials(self, name: str) -> SealedCredentials | None:
        """Return the sealed credentials."""
        ...

    async def find_reach(self, name: str) -> Reach:
        """Return the last known target reach."""
        ...

    async def save_reach(self, name: str, reach: Reach) -> None:
        """Store the target reach, or only that it was asked for."""
        ...

    async def record_token_issue(self, name: str, *, caller: str, issue_time: datetime) -> None:
        """Audit that a token was handed out (architecture 1)."""
        ...

    async def claim_poll(self, *, now: datetime, lease: timedelta) -> Claim[Channel] | None:
        """Take the channel whose audiences are to be read for longest, in business time."""
        ...

    async def save_catalog(self, name: str, catalog: CatalogSync) -> None:
        """Store how the audiences of a channel that is locked were read."""
        ...

    async def take_lookups(self, name: str, wanted: int, *, keep: int = 0) -> int:
        """Take up to `wanted` of the calls for single audiences that LINE allows, leave `keep`; return how many.

        None for a channel that there is not.
        """
        ...

    async def drain_lookups(self, name: str) -> None:
        """Note that LINE refuses calls for single audiences for now."""
        ...


class AudienceStore(Protocol):
    """The catalog."""

    async def find(self, names: Sequence[str]) -> list[Audience]:
        """Return those of the entries named that exist, in no order."""
        ...

    async def lock_catalog(self, channel: str) -> None:
        """Keep others from changing the channel's entries until the transaction ends."""
        ...

    async def list_all(self, channel: str) -> list[Audience]:
        """Return all entries of a channel, REMOVED ones too."""
        ...

    async def save(self, audiences: Sequence[Audience]) -> None:
        """Store new and changed entries."""
        ...

    async def page(
        self, channel: str, *, kinds: frozenset[Kind], states: frozenset[State], after: int | None, size: int
    ) -> list[Audience]:
        """Return up to `size` entries by id, from the one after `after`; empty `kinds` means all kinds."""
        ...


class ContactListStore(Claims[ContactList], Protocol):
    """Contact lists and their members; one process at a time reads a list."""

    async def add(self, contact_list: ContactList) -> None:
        """Store a newly bound list, to be read; raises `AlreadyExists`."""
        ...

    async def find(self, names: Sequence[str]) -> list[ContactList]:
        """Return those of the lists named that exist, in no order."""
        ...

    async def page(self, channel: str, *, after: int | None, size: int) -> list[ContactList]:
        """Return up to `size` lists by id, from the one after `after`."""
        ...

    async def request_sync(self, name: str, *, now: datetime) -> ContactList | None:
        """Mark a list as to be read at once and return it; None when there is none of that name.

        A list that is SYNCING stays with whoever reads it; of any other the lease ends.
        """
        ...

    async def request_stale_syncs(self, *, now: datetime) -> int:
        """Mark the READY lists whose turn has come as to be read; return how many."""
        ...

    async def claim_sync(self, *, now: datetime, lease: timedelta) -> Claim[ContactList] | None:
        """Take the list whose turn came first; nobody else gets it while the lease runs.

        Of a channel that has `MOST_READ_AT_ONCE` lists read at the time none is taken.
        """
        ...

    async def save(self, contact_list: ContactList) -> None:
        """Store a list that is held."""
        ...

    async def add_members(self, claim: Claim[ContactList], members: Sequence[Member]) -> None:
        """Put members aside for this claim; a contact that is there already stays as it is."""
        ...

    async def discard_members(self, claim: Claim[ContactList]) -> None:
        """Forget the members put aside for this claim."""
        ...

    async def tally_members(self, claim: Claim[ContactList]) -> Tally:
        """Count the members put aside for this claim."""
        ...

    async def use_members(self, claim: Claim[ContactList]) -> None:
        """Make the members put aside for this claim those of the list, and forget all others."""
        ...


class Outbox(Protocol):
    """Takes facts that are published once the transaction has committed (ST 3.4)."""

    async def add(self, event: Event) -> None:
        """Put a fact into the outbox."""
        ...


class Transaction(Protocol):
    """The service's stores over one connection."""

    @property
    def channels(self) -> ChannelStore: ...  # noqa: D102 - named by its type

    @property
    def audiences(self) -> AudienceStore: ...  # noqa: D102 - named by its type

    @property
    def contact_lists(self) -> ContactListStore: ...  # noqa: D102 - named by its type

    @property
    def requests(self) -> RequestAnswers: ...  # noqa: D102 - named by its type

    @property
    def outbox(self) -> Outbox: ...  # noqa: D102 - named by its type
