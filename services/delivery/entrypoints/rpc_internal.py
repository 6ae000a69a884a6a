"""`SendObservationService`: what the reporting service asks."""

from delivery.application.sending.observing import Observing
from delivery.entrypoints.names import CAMPAIGN
from delivery.entrypoints.translate import write_observation
from outreach.delivery.internal.v1 import send_observation_pb2 as observation_pb
from outreach.delivery.internal.v1.send_observation_pb2_grpc import SendObservationServiceServicer


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
