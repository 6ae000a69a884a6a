"""Who may call what (architecture 9), and what the service's own errors are called (`error_reason.proto`)."""

import grpc

from delivery.application.line_port import LineCredentialsRefused
from delivery.domain import errors
from delivery.domain.policy.clearance import PolicyRefused
from delivery.domain.targeting.narrowcast import TargetingModeUnsupported
from kit.rpc.access import AccessTable, allow, allow_services
from kit.rpc.interceptors.errors import Reasons

PUBLIC = ("outreach.delivery.v1.CampaignService",)
INTERNAL = ("outreach.delivery.internal.v1.SendObservationService",)

ACCESS: AccessTable = {
    "/outreach.delivery.v1.CampaignService/CreateCampaign": allow("campaign.write", channel="parent"),
    "/outreach.delivery.v1.CampaignService/GetCampaign": allow("campaign.read", channel="name"),
    "/outreach.delivery.v1.CampaignService/ListCampaigns": allow("campaign.read", channel="parent"),
    "/outreach.delivery.v1.CampaignService/CheckCampaign": allow("campaign.read", channel="name"),
    "/outreach.delivery.v1.CampaignService/SendCampaign": allow("campaign.send", channel="name"),
    "/outreach.delivery.v1.CampaignService/WatchCampaign": allow("campaign.read", channel="name", endless=True),
    "/outreach.delivery.internal.v1.SendObservationService/ObserveSend": allow_services(
        "reporting", channel="campaign"
    ),
}

REASONS: Reasons = {
    PolicyRefused: (grpc.StatusCode.FAILED_PRECONDITION, "POLICY_REFUSED"),
    errors.CampaignNotDraft: (grpc.StatusCode.FAILED_PRECONDITION, "CAMPAIGN_NOT_DRAFT"),
    TargetingModeUnsupported: (grpc.StatusCode.UNIMPLEMENTED, "TARGETING_MODE_UNSUPPORTED"),
    errors.CampaignNotAccepted: (grpc.StatusCode.FAILED_PRECONDITION, "CAMPAIGN_NOT_ACCEPTED"),
    errors.InsightBudgetExhausted: (grpc.StatusCode.RESOURCE_EXHAUSTED, "INSIGHT_BUDGET_EXHAUSTED"),
    LineCredentialsRefused: (grpc.StatusCode.FAILED_PRECONDITION, "LINE_CREDENTIALS_REFUSED"),
}
