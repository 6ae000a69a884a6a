"""`SendObservationService` and `SendListService`: what other services of ours ask."""

from delivery.application.campaigns.listing import Listing
from delivery.application.sending.observing import Observing
from delivery.entrypoints.names import CAMPAIGN, CHANNEL
from delivery.entrypoints.positions import read_position, write_change
from delivery.entrypoints.translate import write_observation
from delivery.entrypoints.translate_sends import read_since, write_send
from kit.errors import Violations
from kit.rpc.requests import gathering, read_text_page
from outreach.delivery.internal.v1 import send_list_pb2 as list_pb
from outreach.delivery.internal.v1 import send_observation_pb2 as observation_pb
from outreach.delivery.internal.v1.send_list_pb2_grpc import SendListServiceServicer
from outreach.delivery.internal.v1.send_observation_pb2_grpc import SendObservationServiceServicer

DEFAULT_PAGE = 100
LARGEST_PAGE = 500


class SendObservationServicer(SendObservationServiceServicer):
    """Reads LINE's raw figures for the reporting service."""

    def __init__(self, observing: Observing) -> None:
        self._observing = observing

    async def ObserveSend(
        self, request: observation_pb.ObserveSendRequest, _context: object
    ) -> observation_pb.ObserveSendResponse:
        """Return LINE's figures of a campaign."""
        CAMPAIGN.parse(request.campaign, field="campaign")
        return write_observation(await self._observing.observe(request.campaign))


class SendListServicer(SendListServiceServicer):
    """Lists what was sent, for services that may have missed events."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    async def ListSends(self, request: list_pb.ListSendsRequest, _context: object) -> list_pb.ListSendsResponse:
        """Return a page of the sends that changed since a moment."""
        bad = Violations()
        if request.channel:
            with gathering(bad):
                CHANNEL.parse(request.channel, field="channel")
        since = read_since(bad, request)
        arguments = {
            "list": "sends",
            "channel": request.channel,
            "since": [request.since_time.seconds, request.since_time.nanos],
        }
        page = read_text_page(bad, request, arguments, default=DEFAULT_PAGE, maximum=LARGEST_PAGE)
        after = None
        with gathering(bad):
            after = None if page.after is None else read_position(page.after)
        bad.raise_if_any()
        found = await self._listing.page(request.channel or None, since=since, after=after, size=page.size + 1)
        shown, token = page.cut(found, write_change)
        return list_pb.ListSendsResponse(sends=map(write_send, shown), next_page_token=token)
