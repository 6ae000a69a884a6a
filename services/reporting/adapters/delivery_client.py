"""LINE's raw figures through delivery's `SendObservationService`."""

from datetime import UTC

import grpc
from google.protobuf.message import Message

from outreach.delivery.internal.v1 import send_observation_pb2 as pb
from outreach.delivery.internal.v1.send_observation_pb2_grpc import SendObservationServiceStub
from outreach_client.errors import RemoteError
from reporting.domain.errors import NothingToObserve, ObservationPostponed
from reporting.domain.observations import (
    BubbleObservation,
    LinkObservation,
    Observation,
    RequestObservation,
    Totals,
)

_NOTHING = frozenset({"NOT_FOUND", "CAMPAIGN_NOT_ACCEPTED"})


class DeliverySends:
    """`SendObserver` over a channel to delivery."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = SendObservationServiceStub(channel)

    async def observe(self, campaign: str) -> Observation:
        """Read LINE's figures for every request of a campaign.

        A budget that is used up and a peer that is away, overloaded or faulty all mean: another time.
        """
        try:
            answer = await self._stub.ObserveSend(pb.ObserveSendRequest(campaign=campaign))
        except RemoteError as error:
            # A reason without a domain is the name of a status that something else than delivery gave.
            if error.domain and error.reason in _NOTHING:
                raise NothingToObserve(error.reason) from error
            raise ObservationPostponed(error.reason, wait=error.retry_after) from error
        if not answer.observations or not answer.HasField("observe_time"):
            raise ObservationPostponed("OBSERVATION_INCOMPLETE")
        return _read_observation(answer)


def _read_observation(answer: pb.ObserveSendResponse) -> Observation:
    return Observation(
        requests=tuple(
            RequestObservation(observation.request, _read_totals(observation)) for observation in answer.observations
        ),
        observe_time=answer.observe_time.ToDatetime(UTC),
    )


def _read_totals(observation: pb.RequestObservation) -> Totals:
    return Totals(
        delivered=_read_figure(observation, "delivered"),
        unique_impression=_read_figure(observation, "unique_impression"),
        unique_click=_read_figure(observation, "unique_click"),
        unique_media_played=_read_figure(observation, "unique_media_played"),
        bubbles=tuple(_read_bubble(bubble) for bubble in observation.bubbles),
        links=tuple(_read_link(link) for link in observation.links),
    )


def _read_bubble(bubble: pb.RequestObservation.Bubble) -> BubbleObservation:
    return BubbleObservation(
        bubble.sequence,
        impression=_read_figure(bubble, "impression"),
        media_played=_read_figure(bubble, "media_played"),
        unique_media_played=_read_figure(bubble, "unique_media_played"),
        unique_media_completed=_read_figure(bubble, "unique_media_played_100_percent"),
    )


def _read_link(link: pb.RequestObservation.Link) -> LinkObservation:
    return LinkObservation(
        link.sequence, link.url, click=_read_figure(link, "click"), unique_click=_read_figure(link, "unique_click")
    )


def _read_figure(message: Message, field: str) -> int | None:
    """Return a figure, None for LINE's null, which is no zero (LP 7.4)."""
    return getattr(message, field) if message.HasField(field) else None
