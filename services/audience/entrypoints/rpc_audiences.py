"""`AudienceService` over the use cases of the catalog."""

from audience.application.audiences import Audiences
from audience.application.catalog_reader import CatalogReader
from audience.domain.audiences import Audience, Kind, State
from audience.entrypoints.names import AUDIENCE, CHANNEL
from audience.entrypoints.translate import write_audience, write_sync_result
from kit.errors import Violations
from kit.rpc.requests import gathering, read_enums, read_number_page
from outreach.audience.v1 import audience_pb2 as pb
from outreach.audience.v1.audience_pb2_grpc import AudienceServiceServicer


class AudienceServicer(AudienceServiceServicer):
    """Tells which audiences LINE keeps for a channel."""

    def __init__(self, audiences: Audiences, catalog: CatalogReader) -> None:
        self._audiences = audiences
        self._catalog = catalog

    async def GetAudience(self, request: pb.GetAudienceRequest, _context: object) -> pb.Audience:
        """Return one audience from the catalog."""
        AUDIENCE.parse(request.name)
        return write_audience(await self._audiences.get(request.name))

    async def ListAudiences(self, request: pb.ListAudiencesRequest, _context: object) -> pb.ListAudiencesResponse:
        """Return a page of a channel's audiences, by id."""
        bad = Violations()
        with gathering(bad):
            CHANNEL.parse(request.parent, field="parent")
        kinds = read_enums(bad, Kind, request.kinds, described=pb.Audience.Kind.DESCRIPTOR, field="kinds")
        states = read_enums(bad, State, request.states, described=pb.Audience.State.DESCRIPTOR, field="states")
        arguments = {"parent": request.parent, "kinds": sorted(request.kinds), "states": sorted(request.states)}
        page = read_number_page(bad, request, arguments)
        bad.raise_if_any()
        found = await self._audiences.page(
            request.parent, kinds=kinds, states=states, after=page.after, size=page.size + 1
        )
        shown, token = page.cut(found, _number)
        return pb.ListAudiencesResponse(audiences=[write_audience(entry) for entry in shown], next_page_token=token)

    async def SyncAudiences(self, request: pb.SyncAudiencesRequest, _context: object) -> pb.SyncAudiencesResponse:
        """Read a channel's audiences from LINE into the catalog."""
        CHANNEL.parse(request.parent, field="parent")
        return write_sync_result(await self._catalog.sync(request.parent, insist=True))


def _number(audience: Audience) -> int:
    return audience.observed.audience_id
