"""`ReportService` over the use cases of reports."""

from kit.errors import InvalidRequest, Violations
from kit.paging import read_page_size, read_page_token, write_page_token
from outreach.reporting.v1 import report_pb2 as pb
from outreach.reporting.v1.report_pb2_grpc import ReportServiceServicer
from reporting.application.ports import PagePosition
from reporting.application.reports import Reports
from reporting.entrypoints.names import CAMPAIGN_REPORT, CHANNEL
from reporting.entrypoints.positions import read_position, write_position
from reporting.entrypoints.translate import write_report


class ReportServicer(ReportServiceServicer):
    """Tells how campaigns were received."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    async def GetCampaignReport(self, request: pb.GetCampaignReportRequest, _context: object) -> pb.CampaignReport:
        """Return the last published report of a campaign."""
        CAMPAIGN_REPORT.parse(request.name)
        campaign = request.name.removesuffix("/report")
        return write_report(await self._reports.get(campaign, name=request.name))

    async def ListCampaignReports(
        self, request: pb.ListCampaignReportsRequest, _context: object
    ) -> pb.ListCampaignReportsResponse:
        """Return a page of a channel's reports, the newest campaign first."""
        after, size = _read_page(request)
        found = await self._reports.page(request.parent, after=after, size=size + 1)
        shown = found[:size]
        cursor = write_position(shown[-1]) if len(found) > size else None
        return pb.ListCampaignReportsResponse(
            campaign_reports=[write_report(report) for report in shown],
            next_page_token=write_page_token(cursor, _bound_to(request)),
        )


def _read_page(request: pb.ListCampaignReportsRequest) -> tuple[PagePosition | None, int]:
    """Return where the page before ended, and how many to give; raises `InvalidRequest` naming all bad fields."""
    bad = Violations()
    after, size = None, 0
    try:
        CHANNEL.parse(request.parent, field="parent")
    except InvalidRequest as error:
        bad.absorb(error)
    try:
        size = read_page_size(request.page_size)
    except InvalidRequest as error:
        bad.absorb(error)
    try:
        cursor = read_page_token(request.page_token, _bound_to(request))
        after = None if cursor is None else read_position(cursor)
    except InvalidRequest as error:
        bad.absorb(error)
    bad.raise_if_any()
    return after, size


def _bound_to(request: pb.ListCampaignReportsRequest) -> dict[str, object]:
    return {"list": "campaignReports", "parent": request.parent}
