"""Who may call what (architecture 9), and what the service's own errors are called (`error_reason.proto`)."""

import grpc

from audience.domain import errors
from kit.rpc.access import AccessTable, allow, allow_services
from kit.rpc.interceptors.errors import Reasons

PUBLIC = (
    "outreach.audience.v1.ChannelService",
    "outreach.audience.v1.AudienceService",
    "outreach.audience.v1.ContactListService",
)
INTERNAL = (
    "outreach.audience.internal.v1.LineTokenService",
    "outreach.audience.internal.v1.TargetingFactsService",
)

ACCESS: AccessTable = {
    "/outreach.audience.v1.ChannelService/CreateChannel": allow("platform.admin", creates="channel_id"),
    "/outreach.audience.v1.ChannelService/GetChannel": allow("audience.read", channel="name"),
    "/outreach.audience.v1.ChannelService/ListChannels": allow("audience.read"),
    "/outreach.audience.v1.AudienceService/GetAudience": allow("audience.read", channel="name"),
    "/outreach.audience.v1.AudienceService/ListAudiences": allow("audience.read", channel="parent"),
    "/outreach.audience.v1.AudienceService/SyncAudiences": allow("audience.write", channel="parent"),
    "/outreach.audience.v1.ContactListService/ListHubSpotLists": allow("audience.read", channel="parent"),
    "/outreach.audience.v1.ContactListService/CreateContactList": allow("audience.write", channel="parent"),
    "/outreach.audience.v1.ContactListService/GetContactList": allow("audience.read", channel="name"),
    "/outreach.audience.v1.ContactListService/ListContactLists": allow("audience.read", channel="parent"),
    "/outreach.audience.v1.ContactListService/SyncContactList": allow("audience.write", channel="name"),
    "/outreach.audience.internal.v1.LineTokenService/IssueLineToken": allow_services("delivery", channel="channel"),
    "/outreach.audience.internal.v1.TargetingFactsService/GetTargetingFacts": allow_services(
        "delivery", channel="channel"
    ),
}

REASONS: Reasons = {
    errors.LineChannelTaken: (grpc.StatusCode.ALREADY_EXISTS, "LINE_CHANNEL_TAKEN"),
    errors.LineRefused: (grpc.StatusCode.FAILED_PRECONDITION, "LINE_CREDENTIALS_REFUSED"),
    errors.LineAudiencesForbidden: (grpc.StatusCode.FAILED_PRECONDITION, "LINE_AUDIENCES_FORBIDDEN"),
    errors.LineRateLimited: (grpc.StatusCode.RESOURCE_EXHAUSTED, "LINE_RATE_LIMITED"),
    errors.HubSpotRateLimited: (grpc.StatusCode.RESOURCE_EXHAUSTED, "HUBSPOT_RATE_LIMITED"),
    errors.DailyLimitReached: (grpc.StatusCode.RESOURCE_EXHAUSTED, "HUBSPOT_DAILY_LIMIT"),
    errors.HubSpotTokenRefused: (grpc.StatusCode.FAILED_PRECONDITION, "HUBSPOT_CREDENTIALS_REFUSED"),
    errors.HubSpotScopeMissing: (grpc.StatusCode.FAILED_PRECONDITION, "HUBSPOT_SCOPE_MISSING"),
    errors.HubSpotPropertyMissing: (grpc.StatusCode.FAILED_PRECONDITION, "HUBSPOT_PROPERTY_MISSING"),
    errors.HubSpotListNotFound: (grpc.StatusCode.FAILED_PRECONDITION, "HUBSPOT_LIST_NOT_FOUND"),
    errors.HubSpotListUnsuitable: (grpc.StatusCode.FAILED_PRECONDITION, "HUBSPOT_LIST_UNSUITABLE"),
}
