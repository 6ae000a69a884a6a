"""In-memory stand-ins for the store and the outbox of the audience service."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from audience.application.ports import Reach, SealedCredentials
from audience.domain.audiences import Audience, Kind, State
from audience.domain.catalog import CatalogSync
from audience.domain.channels import Channel
from audience.domain.contact_lists import MOST_READ_AT_ONCE, ContactList, ListState, Member, Tally, tally
from audience.domain.errors import LineChannelTaken
from audience.domain.events import Event
from audience.domain.lookups import Lookups, full
from kit.clock import Clock
from kit.errors import AlreadyExists
from kit.store.ports import Claim
from tests.fakes.claims import FakeClaims
from tests.fakes.store import FakeRequestAnswers, FakeUnitOfWork

_AT_ONCE = datetime.min.replace(tzinfo=UTC)


class FakeChannelStore(FakeClaims[Channel]):
    """A `ChannelStore` that holds everything in dictionaries, keyed by channel name; `clock` is its machine time."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.channels: dict[str, Channel] = {}
        self.sealed: dict[str, SealedCredentials] = {}
        self.reaches: dict[str, Reach] = {}
        self.token_issues: list[tuple[str, str, datetime]] = []
        self.names: set[str] = set()
        self.lookups: dict[str, Lookups] = {}

    async def add(self, channel: Channel, sealed: SealedCredentials) -> None:
        """Store a new channel."""
        if await self.is_name_taken(channel.name):
            raise AlreadyExists(channel.name)
        if await self.is_line_channel_taken(channel.line_channel_id):
            raise LineChannelTaken(channel.line_channel_id)
        self.names.add(channel.name)
        self.channels[channel.name] = channel
        self.sealed[channel.name] = sealed

    async def find(self, name: str) -> Channel | None:
        """Return the channel."""
        return self.channels.get(name)

    async def is_name_taken(self, name: str) -> bool:
        """Look the name up among all that were ever given."""
        return name in self.names

    async def is_line_channel_taken(self, line_channel_id: str) -> bool:
        """Look the LINE channel up."""
        return any(known.line_channel_id == line_channel_id for known in self.channels.values())

    async def lock(self, name: str) -> Channel | None:
        """Return the channel; nobody else is here."""
        return self.channels.get(name)

    async def save(self, channel: Channel) -> None:
        """Replace the channel, except how its catalog was read."""
        self.channels[channel.name] = replace(channel, catalog=self.channels[channel.name].catalog)

    async def page(self, *, among: frozenset[str] | None, after: str | None, size: int) -> list[Channel]:
        """Return channels by name."""
        names = sorted(name for name in self.channels if among is None or name in among)
        return [self.channels[name] for name in names if after is None or name > after][:size]

    async def find_credentials(self, name: str) -> SealedCredentials | None:
        """Return the envelope."""
        return self.sealed.get(name)

    async def find_reach(self, name: str) -> Reach:
        """Return the last reach."""
        return self.reaches.get(name, Reach(None, None, None))

    async def save_reach(self, name: str, reach: Reach) -> None:
        """Keep the reach of a channel that there is."""
        if name in self.channels:
            self.reaches[name] = reach

    async def record_token_issue(self, name: str, *, caller: str, issue_time: datetime) -> None:
        """Keep the record."""
        self.token_issues.append((name, caller, issue_time))

    async def claim_poll(self, *, now: datetime, lease: timedelta) -> Claim[Channel] | None:
        """Take the channel that has been due for longest, those that were never read in front."""
        due = [channel for channel in self.channels.values() if _is_due(channel.catalog.next_time, now)]
        return self.grant_first(due, by=lambda channel: channel.catalog.next_time or _AT_ONCE, lease=lease)

    async def save_catalog(self, name: str, catalog: CatalogSync) -> None:
        """Replace how the catalog was read."""
        self.channels[name] = replace(self.channels[name], catalog=catalog)

    async def take_lookups(self, name: str, wanted: int, *, keep: int = 0) -> int:
        """Take of what is left."""
        if name not in self.channels:
            return 0
        self.lookups[name], taken = self._refill(name).take(wanted, keep=keep)
        return taken

    async def drain_lookups(self, name: str) -> None:
        """Leave nothing for a minute."""
        if name in self.channels:
            self.lookups[name] = self._refill(name).drain()

    def _refill(self, name: str) -> Lookups:
        now = self._clock.now()
        return self.lookups.get(name, full(now)).refill(now)

    def _find(self, key: Hashable) -> Channel | None:
        return self.channels.get(str(key))

    def _key_of(self, item: Channel) -> Hashable:
        return item.name


class FakeAudienceStore:
    """An `AudienceStore`, keyed by name."""

    def __init__(self) -> None:
        self.entries: dict[str, Audience] = {}

    async def find(self, names: Sequence[str]) -> list[Audience]:
        """Return those that exist."""
        return [self.entries[name] for name in dict.fromkeys(names) if name in self.entries]

    async def lock_catalog(self, channel: str) -> None:
        """Do nothing: nobody else is here."""

    async def list_all(self, channel: str) -> list[Audience]:
        """Return all of a channel."""
        return [entry for name, entry in self.entries.items() if name.startswith(f"{channel}/")]

    async def save(self, audiences: Sequence[Audience]) -> None:
        """Keep the entries."""
        self.entries.update({entry.name: entry for entry in audiences})

    async def page(
        self, channel: str, *, kinds: frozenset[Kind], states: frozenset[State], after: int | None, size: int
    ) -> list[Audience]:
        """Return entries by id."""
        found = [
            entry
            for entry in await self.list_all(channel)
            if entry.observed.state in states
            and (not kinds or entry.observed.kind in kinds)
            and entry.observed.audience_id > (after or 0)
        ]
        return sorted(found, key=lambda entry: entry.observed.audience_id)[:size]


class FakeContactListStore(FakeClaims[ContactList]):
    """A `ContactListStore`."""

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[str, ContactList] = {}
        self.members: dict[tuple[str, int], dict[str, Member]] = {}
        self.in_use: dict[str, int] = {}

    async def add(self, contact_list: ContactList) -> None:
        """Store a new list."""
        if contact_list.name in self.lists:
            raise AlreadyExists(contact_list.name)
        self.lists[contact_list.name] = contact_list

    async def find(self, names: Sequence[str]) -> list[ContactList]:
        """Return those that exist."""
        return [self.lists[name] for name in dict.fromkeys(names) if name in self.lists]

    async def page(self, channel: str, *, after: int | None, size: int) -> list[ContactList]:
        """Return lists by id."""
        found = [known for name, known in self.lists.items() if name.startswith(f"{channel}/")]
        by_id = sorted(found, key=lambda known: int(known.hubspot_list_id))
        return [known for known in by_id if int(known.hubspot_list_id) > (after or 0)][:size]

    async def request_sync(self, name: str, *, now: datetime) -> ContactList | None:
        """Mark a list as to be read at once."""
        known = self.lists.get(name)
        if known is not None:
            self.lists[name] = replace(known, next_sync_time=None, failure_count=0)
            if known.state is not ListState.SYNCING:
                self._begin_anew(name, now)
        return self.lists.get(name)

    async def request_stale_syncs(self, *, now: datetime) -> int:
        """Mark what was read too long ago."""
        ready = [known for known in self.lists.values() if known.state is ListState.READY]
        stale = [known.name for known in ready if _is_due(known.next_sync_time, now)]
        for name in stale:
            self._begin_anew(name, now)
        return len(stale)

    async def claim_sync(self, *, now: datetime, lease: timedelta) -> Claim[ContactList] | None:
        """Take the list whose turn came first, and that nobody has claimed."""
        due = [
            known
            for known in self.lists.values()
            if known.state is not ListState.READY and _is_due(known.next_sync_time, now) and self._may_read(known)
        ]
        return self.grant_first(due, by=lambda known: known.next_sync_time or _AT_ONCE, lease=lease)

    def _may_read(self, known: ContactList) -> bool:
        of_channel = [other for other in self.lists.values() if _channel_of(other) == _channel_of(known)]
        return sum(not self.is_free(other) for other in of_channel) < MOST_READ_AT_ONCE

    def _begin_anew(self, name: str, now: datetime) -> None:
        self.vacate(self.lists[name])
        self.lists[name] = replace(
            self.lists[name],
            state=ListState.SYNCING,
            failure=None,
            update_time=now,
            next_sync_time=None,
            failure_count=0,
        )

    async def save(self, contact_list: ContactList) -> None:
        """Replace the list."""
        self.lists[contact_list.name] = contact_list

    async def add_members(self, claim: Claim[ContactList], members: Sequence[Member]) -> None:
        """Put members aside."""
        aside = self.members.setdefault(self._aside(claim), {})
        for member in members:
            aside.setdefault(member.record_id, member)

    async def discard_members(self, claim: Claim[ContactList]) -> None:
        """Forget what was put aside."""
        self.members.pop(self._aside(claim), None)

    async def tally_members(self, claim: Claim[ContactList]) -> Tally:
        """Count what was put aside."""
        return tally(self.members.get(self._aside(claim), {}).values())

    async def use_members(self, claim: Claim[ContactList]) -> None:
        """Keep what was put aside, and nothing else."""
        name = claim.item.name
        self.in_use[name] = claim.number
        self.members = {
            key: value for key, value in self.members.items() if key[0] != name or key == (name, claim.number)
        }

    def members_in_use(self, name: str) -> dict[str, Member]:
        """Return the members of the last complete reading, keyed by record id."""
        return self.members.get((name, self.in_use.get(name, 0)), {})

    def _find(self, key: Hashable) -> ContactList | None:
        return self.lists.get(str(key))

    def _key_of(self, item: ContactList) -> Hashable:
        return item.name

    @staticmethod
    def _aside(claim: Claim[ContactList]) -> tuple[str, int]:
        return claim.item.name, claim.number


def _channel_of(known: ContactList) -> str:
    return known.name.partition("/contactLists/")[0]


def _is_due(time: datetime | None, now: datetime) -> bool:
    return time is None or time <= now


class FakeEventOutbox:
    """An `Outbox` that shows what was added, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def add(self, event: Event) -> None:
        """Keep the fact."""
        self.events.append(event)


@dataclass(frozen=True, slots=True)
class FakeTransaction:
    """The service's `Transaction` over fakes."""

    channels: FakeChannelStore
    audiences: FakeAudienceStore = field(default_factory=FakeAudienceStore)
    contact_lists: FakeContactListStore = field(default_factory=FakeContactListStore)
    requests: FakeRequestAnswers = field(default_factory=FakeRequestAnswers)
    outbox: FakeEventOutbox = field(default_factory=FakeEventOutbox)


class FakeAudienceStores(FakeUnitOfWork[FakeTransaction]):
    """A `UnitOfWork` over fresh fakes."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(FakeTransaction(FakeChannelStore(clock)))
