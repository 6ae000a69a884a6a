"""`GetCampaign` of the delivery service."""

import asyncpg

from delivery.entrypoints.access import ACCESS
from outreach.delivery.v1.campaign_pb2 import Campaign, GetCampaignRequest, Message
from tests.bench.read_calls import ReadCall


def _make_request(number: int) -> GetCampaignRequest:
    return GetCampaignRequest(name=f"channels/acme/campaigns/c{number:09}")


def _write(row: asyncpg.Record) -> Campaign:
    campaign = Campaign(
        name=row["name"], display_name=row["display_name"], messages=[Message(text="春のセール")], etag="v1", revision=1
    )
    campaign.create_time.FromDatetime(row["create_time"])
    return campaign


READ_CALL = ReadCall(
    service="delivery",
    method="/outreach.delivery.v1.CampaignService/GetCampaign",
    request=GetCampaignRequest,
    response=Campaign,
    access=ACCESS,
    seed=(
        """
        INSERT INTO campaigns (name, channel, display_name, targeting, messages, content, notification_disabled, state,
                               revision, version, acknowledgements, create_time, update_time)
        SELECT 'channels/acme/campaigns/c' || lpad(n::text, 9, '0'), 'channels/acme', 'Campaign ' || n,
               '{"contact_lists": ["channels/acme/contactLists/9"], "excluded_contact_lists": [], "line_audience":
                 {"audience": {"audience": "channels/acme/audiences/101"}, "attributes": {"gender": ["FEMALE"]},
                   "list_mode": "LIST_NOT_APPLIED"}}',
               convert_to('[{"text":"春のセール","type":"text"}]', 'UTF8'),
               '{"message_count": 1, "contact_tokens": [], "violations": [], "digest": ""}', false,
               'DRAFT', 1, 1, '[]', timestamptz '2026-04-01' + n * interval '1 second',
               timestamptz '2026-05-01'
        FROM generate_series(1, {rows}) AS n
        """,
        "ANALYZE campaigns",
    ),
    make_request=_make_request,
    query="SELECT * FROM campaigns WHERE name = $1",
    find_key=lambda request: (request.name,),
    write=_write,
)
