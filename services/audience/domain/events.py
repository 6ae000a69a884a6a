"""Facts of the audience service, as they are published (architecture 8)."""

from dataclasses import dataclass
from datetime import datetime

from audience.domain.audiences import Audience, Kind, State
from audience.domain.contact_lists import ListState, SyncFailure


@dataclass(frozen=True, slots=True)
class ChannelCreated:
    """A channel was registered."""

    channel: str
    create_time: datetime
    time_zone: str


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    """A channel stopped working, or works again."""

    channel: str
    update_time: datetime


@dataclass(frozen=True, slots=True)
class AudienceDiscovered:
    """The catalog met an audience for the first time."""

    audience: str
    kind: Kind
    state: State
    sync_time: datetime


@dataclass(frozen=True, slots=True)
class AudienceReady:
    """An audience can be sent to from now on."""

    audience: str
    kind: Kind
    sync_time: datetime


@dataclass(frozen=True, slots=True)
class AudienceUnusable:
    """An audience can no longer be sent to."""

    audience: str
    state: State
    sync_time: datetime


@dataclass(frozen=True, slots=True)
class ContactListBound:
    """A HubSpot list was bound to a channel."""

    contact_list: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class ContactListSynced:
    """A contact list was read completely."""

    contact_list: str
    sync_time: datetime


@dataclass(frozen=True, slots=True)
class ContactListSyncFailed:
    """A contact list could not be read; `failure` is None when the list is gone."""

    contact_list: str
    state: ListState
    failure: SyncFailure | None
    update_time: datetime


AudienceEvent = AudienceDiscovered | AudienceReady | AudienceUnusable
Event = ChannelCreated | ChannelChanged | AudienceEvent | ContactListBound | ContactListSynced | ContactListSyncFailed


def tell_difference(before: Audience | None, after: Audience) -> list[AudienceEvent]:
    """Tell what a sync learned of one audience; nothing when its state is the same."""
    sync_time = after.observed.observe_time
    state = after.observed.state
    events: list[AudienceEvent] = []
    if before is None:
        events.append(AudienceDiscovered(after.name, after.observed.kind, state, sync_time))
    was_ready = before is not None and before.observed.state is State.READY
    if state is State.READY and not was_ready:
        events.append(AudienceReady(after.name, after.observed.kind, sync_time))
    if was_ready and state is not State.READY:
        events.append(AudienceUnusable(after.name, state, sync_time))
    return events
