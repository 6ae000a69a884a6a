"""Puts the audience service's facts into policy's words; what is not told, or was added later, is not known."""

from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from delivery.domain.policy.facts import (
    AudienceFacts,
    AudienceState,
    Basis,
    ChannelFacts,
    ContactListFacts,
    ContactListState,
    TargetingFacts,
)
from delivery.domain.targeting.sizes import CountState, Size
from outreach.audience.internal.v1 import targeting_facts_pb2
from outreach.audience.v1.audience_pb2 import Audience
from outreach.audience.v1.contact_list_pb2 import ContactList
from outreach.type.v1.count_pb2 import Count

_MADE_OTHERWISE = frozenset(Audience.Kind.values()) - {
    Audience.Kind.KIND_UNSPECIFIED,
    Audience.Kind.CLICK,
    Audience.Kind.IMP,
}
"""Audiences that are known not to come from a campaign, with whose figures their size would be published (V7)."""

_DEFAULT_LIFETIME = timedelta(hours=24)

_AUDIENCE_STATES = {Audience.State.Value(state.name): state for state in AudienceState}
_LIST_STATES = {ContactList.State.Value(state.name): state for state in ContactListState}
_COUNT_STATES = {Count.State.Value(state.name): state for state in CountState}


def read_facts(answer: targeting_facts_pb2.GetTargetingFactsResponse, basis: Basis) -> TargetingFacts:
    """Read facts with the sizes of the basis asked for."""
    channel = answer.channel
    return TargetingFacts(
        basis=basis,
        channel=ChannelFacts(
            channel=channel.channel,
            reach=channel.reach if channel.HasField("reach") else None,
            area_prefix=channel.area_prefix or None,
            # An audience service of the last release tells neither; each channel then counts as an account of its own.
            order_lifetime=channel.order_lifetime.ToTimedelta() or _DEFAULT_LIFETIME,
            account=channel.bot_user_id or channel.channel,
        ),
        audiences={audience.audience: _read_audience(audience, basis) for audience in answer.audiences},
        contact_lists={found.contact_list: _read_contact_list(found) for found in answer.contact_lists},
    )


def _read_audience(audience: targeting_facts_pb2.AudienceFacts, basis: Basis) -> AudienceFacts:
    return AudienceFacts(
        name=audience.audience,
        state=_AUDIENCE_STATES.get(audience.state),
        size=_read_size(audience, basis),
        restricted=audience.restricted,
        jobs_unfinished=_read_jobs(audience),
        expire_time=_read_time(audience.expire_time) if audience.HasField("expire_time") else None,
        observe_time=_read_time(audience.observe_time),
    )


def _read_jobs(audience: targeting_facts_pb2.AudienceFacts) -> bool | None:
    """Tell whether members are still being added; None where that is not known."""
    match audience.jobs:
        case targeting_facts_pb2.AudienceFacts.FINISHED:
            return False
        case targeting_facts_pb2.AudienceFacts.UNFINISHED:
            return True
    # The last release knows the older field alone, and is sure where it says no.
    return None if audience.jobs_unfinished else False


def _read_size(audience: targeting_facts_pb2.AudienceFacts, basis: Basis) -> Size:
    if basis is Basis.OBSERVED:
        return Size.from_line(audience.line_count, exact=audience.exact)
    published = audience.published_size
    return Size.from_published(
        published.value,
        _COUNT_STATES.get(published.state, CountState.NOT_YET),
        made_from_message=audience.kind not in _MADE_OTHERWISE,
    )


def _read_contact_list(found: targeting_facts_pb2.ContactListFacts) -> ContactListFacts:
    return ContactListFacts(found.contact_list, _LIST_STATES.get(found.state))


def _read_time(time: Timestamp) -> datetime:
    return time.ToDatetime(UTC)
