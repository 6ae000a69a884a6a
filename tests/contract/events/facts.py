"""Every fact that the services can publish, in each of its kinds, as the CloudEvents that their adapters make of it."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from audience.adapters import events as audience_adapter
from audience.domain import events as audience
from audience.domain.audiences import Kind, State
from audience.domain.contact_lists import ListState, SyncFailure
from delivery.adapters import events as delivery_adapter
from delivery.domain.campaigns import events as delivery
from delivery.domain.sending.failures import FailureReason, UncertaintyReason
from kit.events.envelope import Event
from reporting.adapters import events as reporting_adapter
from reporting.domain.campaigns import ReportState
from reporting.domain.events import ReportPublished
from reporting.domain.reports import Publication
from reporting.domain.thresholds import NOTHING_YET

CHANNEL = "channels/acme"
TIME = datetime(2026, 5, 1, 1, tzinfo=UTC)

_AUDIENCE = f"{CHANNEL}/audiences/5000000000001"
_CONTACT_LIST = f"{CHANNEL}/contactLists/77"
_CAMPAIGN = f"{CHANNEL}/campaigns/may-offer"


def _audience_facts() -> Iterable[audience.Event]:
    yield audience.ChannelCreated(CHANNEL, TIME, "Asia/Tokyo")
    yield audience.ChannelChanged(CHANNEL, TIME)
    for kind in Kind:
        yield audience.AudienceDiscovered(_AUDIENCE, kind, State.READY, TIME)
        yield audience.AudienceReady(_AUDIENCE, kind, TIME)
    for state in State:
        yield audience.AudienceDiscovered(_AUDIENCE, Kind.UPLOAD, state, TIME)
        yield audience.AudienceUnusable(_AUDIENCE, state, TIME)
    yield audience.ContactListBound(_CONTACT_LIST, TIME)
    yield audience.ContactListSynced(_CONTACT_LIST, TIME)
    for list_state in ListState:
        yield audience.ContactListSyncFailed(_CONTACT_LIST, list_state, None, TIME)
    for failure in SyncFailure:
        yield audience.ContactListSyncFailed(_CONTACT_LIST, ListState.SYNCING, failure, TIME)


def _delivery_facts() -> Iterable[delivery.CampaignEvent]:
    yield delivery.CampaignCreated(_CAMPAIGN, TIME)
    yield delivery.CampaignSending(_CAMPAIGN, TIME, 3)
    yield delivery.CampaignAccepted(_CAMPAIGN, TIME, ("request-1",))
    yield delivery.CampaignSucceeded(_CAMPAIGN, TIME, delivery.Told(TIME, ("request-1",)))
    for reason in FailureReason:
        yield delivery.CampaignFailed(_CAMPAIGN, TIME, reason)
    yield delivery.CampaignExpired(_CAMPAIGN, TIME)
    yield delivery.CampaignCancelled(_CAMPAIGN, TIME)
    for unknown in UncertaintyReason:
        yield delivery.CampaignUncertain(_CAMPAIGN, TIME, unknown)


def _reporting_facts() -> Iterable[ReportPublished]:
    for state in ReportState:
        yield ReportPublished(Publication(_CAMPAIGN, 1, 1, TIME, NOTHING_YET), state)


PUBLISHED: dict[str, Callable[[], list[Event]]] = {
    "audience": lambda: [audience_adapter.to_envelope(fact, event_id="e") for fact in _audience_facts()],
    "delivery": lambda: [delivery_adapter.to_envelope(fact, event_id="e") for fact in _delivery_facts()],
    "reporting": lambda: [reporting_adapter.to_envelope(fact, event_id="e") for fact in _reporting_facts()],
}
"""Keyed by service."""
