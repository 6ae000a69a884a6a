"""Puts requests into the domain's words and answers into the protos'."""

import re
import unicodedata
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from audience.application.audiences import SyncResult
from audience.application.channels import NewChannel
from audience.application.contact_lists import OfferedList
from audience.application.facts import TargetingFacts
from audience.application.ports import LineToken
from audience.domain.audiences import Audience
from audience.domain.channels import (
    DEFAULT_ORDER_LIFETIME,
    LONGEST_ORDER_LIFETIME,
    SHORTEST_ORDER_LIFETIME,
    Channel,
    Credentials,
)
from audience.domain.contact_lists import ContactList
from audience.domain.counts import Count
from audience.entrypoints.names import CHANNEL
from kit.errors import Violations
from kit.names import CALLER_ID, VENDOR_ID
from outreach.audience.internal.v1 import line_token_pb2, targeting_facts_pb2
from outreach.audience.v1 import audience_pb2, channel_pb2, contact_list_pb2
from outreach.type.v1 import count_pb2

DEFAULT_TIME_ZONE = "Asia/Tokyo"
LARGEST_DISPLAY_NAME = 100
LARGEST_SECRET = 1000

_LINE_CHANNEL_ID = re.compile(r"[0-9]{1,20}")
_JOBS = {
    None: targeting_facts_pb2.AudienceFacts.JOBS_UNSPECIFIED,
    False: targeting_facts_pb2.AudienceFacts.FINISHED,
    True: targeting_facts_pb2.AudienceFacts.UNFINISHED,
}
_PROPERTY_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


def read_new_channel(request: channel_pb2.CreateChannelRequest, *, generated_id: str) -> NewChannel:
    """Read a new channel; raises `InvalidRequest` naming every bad field."""
    channel = request.channel
    bad = Violations()
    channel_id = request.channel_id or generated_id
    if not re.fullmatch(CALLER_ID, channel_id):
        bad.add("channel_id", f"must match {CALLER_ID}")
    if not _is_display_name(channel.display_name.strip()):
        bad.add("channel.display_name", f"must have 1 to {LARGEST_DISPLAY_NAME} characters, none of control")
    if not _LINE_CHANNEL_ID.fullmatch(channel.line_channel_id):
        bad.add("channel.line_channel_id", "must be the Messaging API channel id, 1 to 20 digits")
    if not _is_header_safe(channel.line_channel_secret):
        bad.add("channel.line_channel_secret", "must be the secret of the LINE channel")
    if not _is_header_safe(channel.hubspot_access_token):
        bad.add("channel.hubspot_access_token", "must be a HubSpot private-app token or service key")
    if not _PROPERTY_NAME.fullmatch(channel.hubspot_line_id_property):
        bad.add("channel.hubspot_line_id_property", "must be the internal name of a HubSpot contact property")
    time_zone = channel.time_zone or DEFAULT_TIME_ZONE
    if not _is_time_zone(time_zone):
        bad.add("channel.time_zone", "must be an IANA time zone, as Asia/Tokyo")
    order_lifetime = _read_order_lifetime(bad, channel)
    bad.raise_if_any()
    return NewChannel(
        name=CHANNEL.format(channel=channel_id),
        display_name=channel.display_name.strip(),
        line_channel_id=channel.line_channel_id,
        hubspot_line_id_property=channel.hubspot_line_id_property,
        time_zone=time_zone,
        order_lifetime=order_lifetime,
        credentials=Credentials(channel.line_channel_secret, channel.hubspot_access_token),
    )


def read_hubspot_list_id(request: contact_list_pb2.CreateContactListRequest) -> str:
    """Read which HubSpot list is to be bound; raises `InvalidRequest`."""
    bad = Violations()
    if not re.fullmatch(VENDOR_ID, request.contact_list.hubspot_list_id):
        bad.add("contact_list.hubspot_list_id", "must be HubSpot's list id (ILS id), digits")
    bad.raise_if_any()
    return request.contact_list.hubspot_list_id


def write_channel(channel: Channel) -> channel_pb2.Channel:
    """Write a channel; credentials never leave (requirement N5)."""
    states = channel_pb2.Channel.State
    return channel_pb2.Channel(
        name=channel.name,
        display_name=channel.display_name,
        line_channel_id=channel.line_channel_id,
        hubspot_line_id_property=channel.hubspot_line_id_property,
        time_zone=channel.time_zone,
        line_basic_id=channel.line_basic_id,
        state=states.IMPAIRED if channel.problems else states.ACTIVE,
        problems=[
            channel_pb2.Channel.Problem(
                reason=channel_pb2.Channel.Problem.Reason.Value(known.problem.name),
                description=known.description,
                observe_time=_timestamp(known.observe_time),
            )
            for known in channel.problems
        ],
        create_time=_timestamp(channel.create_time),
        update_time=_timestamp(channel.update_time),
        order_lifetime=_duration(channel.order_lifetime),
    )


def write_audience(audience: Audience) -> audience_pb2.Audience:
    """Write an entry of the catalog as callers may see it: with its published size, never LINE's own count (V7)."""
    observed = audience.observed
    return audience_pb2.Audience(
        name=audience.name,
        display_name=observed.display_name,
        kind=audience_pb2.Audience.Kind.Value(observed.kind.name),
        state=audience_pb2.Audience.State.Value(observed.state.name),
        size=write_count(audience.published_size),
        permission=audience_pb2.Audience.Permission.Value(observed.permission.name),
        create_route=observed.create_route,
        create_time=_timestamp(observed.create_time),
        expire_time=_optional_timestamp(observed.expire_time),
        sync_time=_timestamp(observed.observe_time),
    )


def write_sync_result(result: SyncResult) -> audience_pb2.SyncAudiencesResponse:
    """Write what a sync found."""
    return audience_pb2.SyncAudiencesResponse(
        audience_count=result.audience_count,
        discovered_count=result.discovered_count,
        removed_count=result.removed_count,
        sync_time=_timestamp(result.sync_time),
    )


def write_contact_list(contact_list: ContactList) -> contact_list_pb2.ContactList:
    """Write a contact list with its counts, which its owner can see in HubSpot too."""
    failure = "FAILURE_UNSPECIFIED" if contact_list.failure is None else contact_list.failure.name
    return contact_list_pb2.ContactList(
        name=contact_list.name,
        display_name=contact_list.display_name,
        hubspot_list_id=contact_list.hubspot_list_id,
        state=contact_list_pb2.ContactList.State.Value(contact_list.state.name),
        failure=contact_list_pb2.ContactList.Failure.Value(failure),
        contact_count=contact_list.tally.contacts,
        recipient_count=contact_list.tally.recipients,
        missing_count=contact_list.tally.missing,
        malformed_count=contact_list.tally.malformed,
        duplicate_count=contact_list.tally.duplicates,
        sync_time=_optional_timestamp(contact_list.sync_time),
        create_time=_timestamp(contact_list.create_time),
        update_time=_timestamp(contact_list.update_time),
    )


def write_offered_list(offered: OfferedList) -> contact_list_pb2.HubSpotList:
    """Write a list as HubSpot shows it."""
    return contact_list_pb2.HubSpotList(
        list_id=offered.source.list_id,
        display_name=offered.source.name,
        processing_type=offered.source.processing_type,
        reported_size=offered.source.signals.reported_size,
        contact_list=offered.contact_list or "",
    )


def write_token(token: LineToken) -> line_token_pb2.IssueLineTokenResponse:
    """Write a token for the delivery service."""
    return line_token_pb2.IssueLineTokenResponse(access_token=token.value, expire_time=_timestamp(token.expire_time))


def write_facts(facts: TargetingFacts) -> targeting_facts_pb2.GetTargetingFactsResponse:
    """Write facts for the delivery service, raw figures beside published ones."""
    channel = facts.channel
    return targeting_facts_pb2.GetTargetingFactsResponse(
        channel=targeting_facts_pb2.ChannelFacts(
            channel=channel.name,
            state=write_channel(channel).state,
            time_zone=channel.time_zone,
            reach=facts.reach.reach,
            reach_date="" if facts.reach.day is None else f"{facts.reach.day:%Y%m%d}",
            area_prefix=channel.area_prefix,
            order_lifetime=_duration(channel.order_lifetime),
            bot_user_id=channel.bot_user_id,
        ),
        audiences=[_audience_facts(audience) for audience in facts.audiences],
        contact_lists=[_contact_list_facts(contact_list) for contact_list in facts.contact_lists],
    )


def write_count(count: Count) -> count_pb2.Count:
    """Write a figure with its state."""
    return count_pb2.Count(value=count.value, state=count_pb2.Count.State.Value(count.state.name))


def _audience_facts(audience: Audience) -> targeting_facts_pb2.AudienceFacts:
    observed = audience.observed
    jobs = _JOBS[None if observed.jobs is None else observed.jobs.unfinished]
    return targeting_facts_pb2.AudienceFacts(
        audience=audience.name,
        kind=audience_pb2.Audience.Kind.Value(observed.kind.name),
        state=audience_pb2.Audience.State.Value(observed.state.name),
        line_count=observed.line_count,
        exact=audience.exact,
        restricted=audience.restricted,
        jobs_unfinished=jobs != targeting_facts_pb2.AudienceFacts.FINISHED,
        expire_time=_optional_timestamp(observed.expire_time),
        published_size=write_count(audience.published_size),
        observe_time=_timestamp(audience.oldest_time),
        jobs=jobs,
    )


def _contact_list_facts(contact_list: ContactList) -> targeting_facts_pb2.ContactListFacts:
    return targeting_facts_pb2.ContactListFacts(
        contact_list=contact_list.name,
        state=contact_list_pb2.ContactList.State.Value(contact_list.state.name),
        contact_count=contact_list.tally.contacts,
        recipient_count=contact_list.tally.recipients,
        reported_size=contact_list.reported_size,
        sync_time=_optional_timestamp(contact_list.sync_time),
    )


def _is_display_name(name: str) -> bool:
    """Keep out what a page can't show and PostgreSQL can't store: control characters, NUL among them."""
    return 1 <= len(name) <= LARGEST_DISPLAY_NAME and not any(unicodedata.category(sign) == "Cc" for sign in name)


def _is_header_safe(secret: str) -> bool:
    return 1 <= len(secret) <= LARGEST_SECRET and secret.isascii() and secret.isprintable() and " " not in secret


def _read_order_lifetime(bad: Violations, channel: channel_pb2.Channel) -> timedelta:
    if not channel.HasField("order_lifetime"):
        return DEFAULT_ORDER_LIFETIME
    span = channel.order_lifetime
    # Compared as a number: the field holds spans that no timedelta can.
    shortest, longest = SHORTEST_ORDER_LIFETIME.total_seconds(), LONGEST_ORDER_LIFETIME.total_seconds()
    if span.nanos or not shortest <= span.seconds <= longest:
        bad.add("channel.order_lifetime", "must be 1 hour to 7 days, in whole seconds", "OUT_OF_RANGE")
        return DEFAULT_ORDER_LIFETIME
    return timedelta(seconds=span.seconds)


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _duration(span: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(span)
    return duration


def _timestamp(time: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


def _optional_timestamp(time: datetime | None) -> Timestamp | None:
    return None if time is None else _timestamp(time)
