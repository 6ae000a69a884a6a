"""The stream of delivery's events, as our consumer stands in it."""

from kit.events.connection import NatsConnection
from kit.events.durables import read_place
from kit.events.errors import BusRefusal, BusUnavailable
from kit.events.subjects import Subscription
from reporting.domain.reconciliation import StreamPlace


class DeliveryStream:
    """`StreamWatch` over a connection to NATS."""

    def __init__(self, connection: NatsConnection, subscription: Subscription) -> None:
        self._connection = connection
        self._subscription = subscription

    async def look(self) -> StreamPlace | None:
        """Return where the consumer stands; None while NATS, the stream or the consumer is away."""
        if not self._connection.connected:
            return None
        try:
            place = await read_place(self._connection.client, self._subscription)
        except (BusUnavailable, BusRefusal):
            return None
        if place is None:
            return None
        return StreamPlace(place.incarnation, place.first_sequence, place.handled_sequence)
