"""`CampaignService` over the use cases."""

from collections.abc import AsyncIterator

from delivery.application.campaigns.campaigns import Campaigns
from delivery.application.campaigns.cancelling import Cancelling
from delivery.application.campaigns.checking import Checking
from delivery.application.campaigns.ordering import Ordering
from delivery.application.campaigns.resolving import Resolving
from delivery.entrypoints.names import CAMPAIGN, CHANNEL
from delivery.entrypoints.positions import read_position, write_position
from delivery.entrypoints.translate import read_new_campaign, read_order, write_campaign, write_verdict
from delivery.entrypoints.translate_resolving import read_ruling, write_resolved
from kit.callers import current_caller
from kit.errors import Violations
from kit.ids import Ids
from kit.names import CALLER_ID, ResourceName
from kit.rpc.requests import check_request_id, gathering, make_once, read_text_page
from outreach.delivery.v1 import campaign_pb2 as pb
from outreach.delivery.v1.campaign_pb2_grpc import CampaignServiceServicer

_ID = ResourceName("{campaign}", {"campaign": CALLER_ID})


class CampaignServicer(CampaignServiceServicer):
    """Prepares, checks, sends and follows campaigns."""

    def __init__(
        self,
        campaigns: Campaigns,
        checking: Checking,
        ordering: Ordering,
        cancelling: Cancelling,
        resolving: Resolving,
        *,
        ids: Ids,
    ) -> None:
        self._campaigns = campaigns
        self._checking = checking
        self._ordering = ordering
        self._cancelling = cancelling
        self._resolving = resolving
        self._ids = ids

    async def CreateCampaign(self, request: pb.CreateCampaignRequest, _context: object) -> pb.Campaign:
        """Create a draft."""
        bad = Violations()
        with gathering(bad):
            CHANNEL.parse(request.parent, field="parent")
        check_request_id(bad, request)
        if request.campaign_id and not _ID.matches(request.campaign_id):
            bad.add("campaign_id", f"must match {CALLER_ID}", "MALFORMED_ID")
        if not request.HasField("campaign"):
            bad.add("campaign", "must be set", "REQUIRED")
            bad.raise_if_any()
        name = f"{request.parent}/campaigns/{request.campaign_id or self._ids.resource_id()}"
        new = read_new_campaign(bad, request, name=name)
        once = make_once("CreateCampaign", request, request.request_id)
        return write_campaign(await self._campaigns.create(new, once))

    async def GetCampaign(self, request: pb.GetCampaignRequest, _context: object) -> pb.Campaign:
        """Return one campaign."""
        CAMPAIGN.parse(request.name)
        sight = await self._campaigns.get(request.name)
        return write_campaign(sight.campaign, sight.waiting)

    async def ListCampaigns(self, request: pb.ListCampaignsRequest, _context: object) -> pb.ListCampaignsResponse:
        """Return a page of a channel's campaigns, the newest first."""
        bad = Violations()
        with gathering(bad):
            CHANNEL.parse(request.parent, field="parent")
        page = read_text_page(bad, request, {"list": "campaigns", "parent": request.parent})
        after = None
        with gathering(bad):
            after = None if page.after is None else read_position(page.after)
        bad.raise_if_any()
        found = await self._campaigns.page(request.parent, after=after, size=page.size + 1)
        shown, token = page.cut(found, lambda sight: write_position(sight.campaign))
        campaigns = [write_campaign(sight.campaign, sight.waiting) for sight in shown]
        return pb.ListCampaignsResponse(campaigns=campaigns, next_page_token=token)

    async def CheckCampaign(self, request: pb.CheckCampaignRequest, _context: object) -> pb.CheckCampaignResponse:
        """Tell what policy says."""
        CAMPAIGN.parse(request.name)
        return write_verdict(await self._checking.check(request.name))

    async def SendCampaign(self, request: pb.SendCampaignRequest, _context: object) -> pb.Campaign:
        """Order the send of a draft, or rehearse it."""
        bad = Violations()
        with gathering(bad):
            CAMPAIGN.parse(request.name)
        check_request_id(bad, request)
        order = read_order(bad, request)
        bad.raise_if_any()
        if request.validate_only:
            verdict = await self._ordering.rehearse(order)
            return write_campaign(verdict.campaign)
        once = make_once("SendCampaign", request, request.request_id)
        return write_campaign(await self._ordering.order(order, once))

    async def CancelCampaign(self, request: pb.CancelCampaignRequest, _context: object) -> pb.Campaign:
        """Cancel an order that LINE has not accepted."""
        bad = Violations()
        with gathering(bad):
            CAMPAIGN.parse(request.name)
        check_request_id(bad, request)
        bad.raise_if_any()
        once = make_once("CancelCampaign", request, request.request_id)
        sight = await self._cancelling.cancel(request.name, once, etag=request.etag)
        return write_campaign(sight.campaign, sight.waiting)

    async def ResolveCampaign(self, request: pb.ResolveCampaignRequest, _context: object) -> pb.ResolveCampaignResponse:
        """Take a person's decision about an uncertain campaign."""
        bad = Violations()
        with gathering(bad):
            CAMPAIGN.parse(request.name)
        check_request_id(bad, request)
        ruling = read_ruling(bad, request, resolver=current_caller().subject)
        once = make_once("ResolveCampaign", request, request.request_id)
        return write_resolved(await self._resolving.resolve(ruling, once))

    async def WatchCampaign(
        self, request: pb.WatchCampaignRequest, _context: object
    ) -> AsyncIterator[pb.WatchCampaignResponse]:
        """Stream a campaign until its state is final."""
        CAMPAIGN.parse(request.name)
        async for sight in self._campaigns.watch(request.name):
            yield pb.WatchCampaignResponse(campaign=write_campaign(sight.campaign, sight.waiting))
