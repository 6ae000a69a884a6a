"""Alarms reach the log and a counter, and say nothing of anybody."""

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from structlog.testing import capture_logs

from delivery.adapters.alarms import MeteredAlarms
from tests.strategies.rows import START, begin, make_row


def test_a_send_that_was_taken_twice_is_counted_and_logged_as_an_error() -> None:
    """Whoever watches the counter or the log finds the campaign and LINE's ids."""
    reader = InMemoryMetricReader()
    row = begin(make_row()).accept("line-1", at=START).accept("line-2", at=START)
    with capture_logs() as logs:
        MeteredAlarms(meters=MeterProvider([reader])).raise_accepted_twice(row)
    data = reader.get_metrics_data()
    assert data is not None
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
    (point,) = metric.data.data_points

    assert metric.name == "outreach.delivery.accepted_twice"
    assert isinstance(point, NumberDataPoint)
    assert point.value == 1
    (line,) = logs
    assert (line["event"], line["log_level"]) == ("accepted_twice", "error")
    assert (line["campaign"], line["line_request_ids"]) == (row.campaign, ("line-1", "line-2"))
