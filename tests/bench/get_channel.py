"""`GetChannel` of the audience service."""

import asyncpg

from audience.entrypoints.access import ACCESS
from outreach.audience.v1.channel_pb2 import Channel, GetChannelRequest
from tests.bench.read_calls import ReadCall


def _make_request(number: int) -> GetChannelRequest:
    return GetChannelRequest(name=f"channels/c{number:09}")


def _write(row: asyncpg.Record) -> Channel:
    channel = Channel(name=row["name"], display_name=row["display_name"], line_channel_id=row["line_channel_id"])
    channel.create_time.FromDatetime(row["create_time"])
    return channel


READ_CALL = ReadCall(
    service="audience",
    method="/outreach.audience.v1.ChannelService/GetChannel",
    request=GetChannelRequest,
    response=Channel,
    access=ACCESS,
    seed=(
        """
        INSERT INTO channels (name, display_name, line_channel_id, bot_user_id, line_basic_id, hubspot_line_id_property,
                              time_zone, area_prefix, problems, credentials, create_time, update_time)
        SELECT 'channels/c' || lpad(n::text, 9, '0'), 'Shop ' || n, (2000000000 + n)::text, '', '@shop' || n, 'line_id',
               'Asia/Tokyo', 'jp', '[]', '', timestamptz '2026-04-01' + n * interval '1 second',
               timestamptz '2026-05-01'
        FROM generate_series(1, {rows}) AS n
        """,
        "ANALYZE channels",
    ),
    make_request=_make_request,
    query="SELECT * FROM channels WHERE name = $1",
    find_key=lambda request: (request.name,),
    write=_write,
)
