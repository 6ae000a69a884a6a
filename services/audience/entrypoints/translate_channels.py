"""Puts requests for channels into the domain's words, and channels into the protos'."""

import re
import unicodedata
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from audience.application.channels import NewChannel
from audience.domain.catalog import CatalogSync
from audience.domain.channels import (
    DEFAULT_ORDER_LIFETIME,
    LONGEST_ORDER_LIFETIME,
    SHORTEST_ORDER_LIFETIME,
    Channel,
    Credentials,
)
from audience.entrypoints.names import CHANNEL
from audience.entrypoints.spans import write_duration, write_optional_timestamp, write_timestamp
from kit.errors import Violations
from kit.names import CALLER_ID
from outreach.audience.v1 import channel_pb2

DEFAULT_TIME_ZONE = "Asia/Tokyo"
LARGEST_DISPLAY_NAME = 100
LARGEST_SECRET = 1000

_LINE_CHANNEL_ID = re.compile(r"[0-9]{1,20}")
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


def write_channel(channel: Channel) -> channel_pb2.Channel:
    """Write a channel; credentials never leave (requirement N5)."""
    return channel_pb2.Channel(
        name=channel.name,
        display_name=channel.display_name,
        line_channel_id=channel.line_channel_id,
        hubspot_line_id_property=channel.hubspot_line_id_property,
        time_zone=channel.time_zone,
        line_basic_id=channel.line_basic_id,
        state=tell_state(channel),
        problems=[
            channel_pb2.Channel.Problem(
                reason=channel_pb2.Channel.Problem.Reason.Value(known.problem.name),
                description=known.description,
                observe_time=write_timestamp(known.observe_time),
                next_attempt_time=write_timestamp(known.next_time),
            )
            for known in channel.problems
        ],
        create_time=write_timestamp(channel.create_time),
        update_time=write_timestamp(channel.update_time),
        order_lifetime=write_duration(channel.order_lifetime),
        audience_sync=_write_catalog(channel.catalog),
    )


def _write_catalog(catalog: CatalogSync) -> channel_pb2.Channel.AudienceSync:
    trouble = catalog.trouble
    failure = "FAILURE_UNSPECIFIED" if trouble is None else trouble.failure.name
    return channel_pb2.Channel.AudienceSync(
        sync_time=write_optional_timestamp(catalog.sync_time),
        unreadable_count=catalog.unreadable_count,
        unchecked_count=catalog.unchecked_count,
        failure=channel_pb2.Channel.AudienceSync.Failure.Value(failure),
        failure_time=None if trouble is None else write_timestamp(trouble.since),
        next_sync_time=write_optional_timestamp(catalog.next_time),
    )


def tell_state(channel: Channel) -> channel_pb2.Channel.State.ValueType:
    """Tell whether a channel works."""
    return channel_pb2.Channel.IMPAIRED if channel.problems else channel_pb2.Channel.ACTIVE


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
