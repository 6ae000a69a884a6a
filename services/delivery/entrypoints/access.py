"""Who may call what (architecture 9), and what the service's own errors are called (`error_reason.proto`)."""

import grpc

from delivery.application.line_port import LineCredentialsRefused
from delivery.domain import errors
from delivery.domain.policy.clearance import PolicyRefused
from delivery.domain.targeting.narrowcast import TargetingModeUnsupported
from kit.rpc.access import AccessTable, allow, allow_services
from kit.rpc.interceptors.errors import Reasons

PUBLIC = ("outreach.delivery.v1.CampaignService", "outreach.delivery.v1.LedgerService")
INTERNAL = (
    "outreach.delivery.internal.v1.SendObservationService",
    "outreach.delivery.internal.v1.SendListService",
)

ACCESS: AccessTable = {
    "/outreach.delivery.v1.CampaignService/CreateCampaign": allow("campaign.write", channel="parent"),
    "/outreach.delivery.v1.CampaignService/GetCampaign": allow("campaign.read", channel="name"),
    "/outreach.delivery.v1.CampaignService/ListCampaigns": allow("campaign.read", channel="parent"),
    "/outreach.delivery.v1.CampaignService/CheckCampaign": allow("campaign.read", channel="name"),
    "/outreach.delivery.v1.CampaignService/SendCampaign": allow("campaign.send", channel="name"),
    "/outreach.delivery.v1.CampaignService/CancelCampaign": allow("campaign.send", channel="name"),
    "/outreach.delivery.v1.CampaignService/ResolveCampaign": allow("campaign.resolve", channel="name"),
    "/outreach.delivery.v1.LedgerService/FenceLedger": allow("platform.admin"),
    "/outreach.delivery.v1.LedgerService/GetLedgerState": allow("platform.admin"),
    "/outreach.delivery.v1.CampaignService/WatchCampaign": allow("campaign.read", channel="name", endless=True),
    "/outreach.delivery.internal.v1.SendObservationService/ObserveSend": allow_services(
        "reporting", channel="campaign"
    ),
    "/outreach.delivery.internal.v1.SendListService/ListSends": allow_services("reporting", "audience"),
}

REASONS: Reasons = {
    PolicyRefused: (grpc.StatusCode.FAILED_PRECONDITION, "POLICY_REFUSED"),
    errors.CampaignNotDraft: (grpc.StatusCode.FAILED_PRECONDITION, "CAMPAIGN_NOT_DRAFT"),
    TargetingModeUnsupported: (grpc.StatusCode.UNIMPLEMENTED, "TARGETING_MODE_UNSUPPORTED"),
    errors.CampaignNotAccepted: (grpc.StatusCode.FAILED_PRECONDITION, "CAMPAIGN_NOT_ACCEPTED"),
    errors.InsightBudgetExhausted: (grpc.StatusCode.RESOURCE_EXHAUSTED, "INSIGHT_BUDGET_EXHAUSTED"),
    errors.CampaignInFlight: (grpc.StatusCode.FAILED_PRECONDITION, "CAMPAIGN_IN_FLIGHT"),
    errors.CampaignNotCancellable: (grpc.StatusCode.FAILED_PRECONDITION, "CAMPAIGN_NOT_CANCELLABLE"),
    errors.CampaignNotUncertain: (grpc.StatusCode.FAILED_PRECONDITION, "CAMPAIGN_NOT_UNCERTAIN"),
    errors.AttemptMayStillRun: (grpc.StatusCode.FAILED_PRECONDITION, "ATTEMPT_MAY_STILL_RUN"),
    errors.DeadlinePassed: (grpc.StatusCode.FAILED_PRECONDITION, "DEADLINE_PASSED"),
    errors.LedgerNotFenced: (grpc.StatusCode.FAILED_PRECONDITION, "LEDGER_NOT_FENCED"),
    LineCredentialsRefused: (grpc.StatusCode.FAILED_PRECONDITION, "LINE_CREDENTIALS_REFUSED"),
}
