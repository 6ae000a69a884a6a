"""Who may call what (architecture 9); the service's errors are those that every service has (`error_reason.proto`)."""

from kit.rpc.access import AccessTable, allow

PUBLIC = ("outreach.reporting.v1.ReportService",)

ACCESS: AccessTable = {
    "/outreach.reporting.v1.ReportService/GetCampaignReport": allow("report.read", channel="name"),
    "/outreach.reporting.v1.ReportService/ListCampaignReports": allow("report.read", channel="parent"),
}
