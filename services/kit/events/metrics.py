"""Measurements of event traffic, each declared once (ST 9.3)."""

from opentelemetry import metrics


class RelayMetrics:
    """What an operator watches of the outbox."""

    def __init__(self) -> None:
        meter = metrics.get_meter("kit.events")
        self._lag = meter.create_gauge(
            "outreach.outbox.lag", unit="s", description="Age of the oldest unpublished event; 0 when there is none."
        )
        self._published = meter.create_counter(
            "outreach.outbox.published", unit="{event}", description="Events that the bus confirmed."
        )

    def report_lag(self, seconds: float) -> None:
        """Report the age of the oldest unpublished event."""
        self._lag.set(seconds)

    def count_published(self, count: int) -> None:
        """Count events that the bus confirmed."""
        self._published.add(count)


class ConsumerMetrics:
    """What an operator watches of a consumer."""

    def __init__(self, consumer: str) -> None:
        meter = metrics.get_meter("kit.events")
        self._consumer = consumer
        self._settled = meter.create_counter(
            "outreach.consumer.deliveries",
            unit="{delivery}",
            description="Deliveries by `outreach.consumer` (as `delivery-audiences`) and `outreach.outcome`: "
            "`handled`, `retried` or `buried`.",
        )

    def count(self, outcome: str) -> None:
        """Count one delivery that ended as `handled`, `retried` or `buried`."""
        self._settled.add(1, {"outreach.consumer": self._consumer, "outreach.outcome": outcome})
