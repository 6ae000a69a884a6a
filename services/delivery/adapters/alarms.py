"""Calls an operator: by a line of the log at level error, and by a counter that an alert watches (ST 9.3)."""

import structlog
from opentelemetry import metrics
from opentelemetry.metrics import MeterProvider

from delivery.domain.sending.row import SendRow

_log = structlog.get_logger(__name__)


class MeteredAlarms:
    """`Alarms`, each with a counter of its own."""

    def __init__(self, *, meters: MeterProvider | None = None) -> None:
        """Count with the given provider; with the process's when none is given."""
        meter = metrics.get_meter("delivery", meter_provider=meters)
        self._accepted_twice = meter.create_counter(
            "outreach.delivery.accepted_twice",
            unit="{send}",
            description="Sends that LINE took under two ids for one retry key, of which both may have reached people.",
        )

    def raise_accepted_twice(self, row: SendRow) -> None:
        """See `Alarms`."""
        self._accepted_twice.add(1)
        ids = row.acceptance.ids if row.acceptance else ()
        _log.error("accepted_twice", campaign=row.campaign, row=row.name, line_request_ids=ids)
