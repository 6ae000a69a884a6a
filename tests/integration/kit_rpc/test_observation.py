"""What a server tells of its calls."""

from typing import Any

import pytest
import structlog
from opentelemetry.sdk.metrics.export import HistogramDataPoint

from kit.errors import NotFound
from outreach_client.channel import open_channel
from outreach_client.errors import RemoteError
from tests.infrastructure.eventually import eventually
from tests.integration.kit_rpc.conftest import Served, Telemetry
from tests.integration.kit_rpc.echo import PUBLIC, EchoStub, message

GET = message("GetEchoRequest", name="channels/acme/echoes/one")
SECRET = "Taro Yamada, U0123456789abcdef0123456789abcdef"


def _points(telemetry: Telemetry) -> list[HistogramDataPoint]:
    data = telemetry.metrics.get_metrics_data()
    assert data is not None
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
    assert metric.name == "outreach.rpc.duration"
    return [point for point in metric.data.data_points if isinstance(point, HistogramDataPoint)]


async def test_success(stub: EchoStub, telemetry: Telemetry) -> None:
    """A call is one span under its caller's trace, one measurement, and for a read one line of detail."""
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    with structlog.testing.capture_logs() as logs:
        await stub.GetEcho(GET, metadata=[("traceparent", f"00-{trace_id}-b7ad6b7169203331-01")])
        (span,) = await eventually(telemetry.spans.get_finished_spans)

    assert span.name == f"{PUBLIC}/GetEcho"
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == trace_id
    assert span.attributes is not None
    assert span.attributes["outreach.caller"] == "user:test"
    assert [(p.count, (p.attributes or {})["rpc.grpc.status_code"]) for p in _points(telemetry)] == [(1, 0)]
    assert [(line["method"], line["code"], line["log_level"]) for line in logs if line["event"] == "rpc"] == [
        (f"/{PUBLIC}/GetEcho", "OK", "debug")
    ]


async def test_command(served: Served) -> None:
    """A command that went well is in the log."""
    token = served.issuer.token(scope="platform.admin", channels="*")
    with structlog.testing.capture_logs() as logs:
        async with open_channel(served.address, token=token) as channel:
            await EchoStub(channel).CreateChannel(message("CreateChannelRequest", channel_id="beta"))
        await eventually(lambda: [line for line in logs if line["event"] == "rpc"])

    assert [line["log_level"] for line in logs if line["event"] == "rpc"] == ["info"]


async def test_failure(served: Served, stub: EchoStub, telemetry: Telemetry) -> None:
    """An expected failure is told with its reason, and is no error of ours."""

    async def answer(_request: Any) -> Any:
        raise NotFound("channels/acme/echoes/one")

    served.servicer.answer = answer
    with pytest.raises(RemoteError):
        await stub.GetEcho(GET)
    (span,) = await eventually(telemetry.spans.get_finished_spans)

    assert span.attributes is not None
    assert span.attributes["outreach.reason"] == "NOT_FOUND"
    assert span.status.is_unset
    assert [(point.attributes or {})["outreach.reason"] for point in _points(telemetry)] == ["NOT_FOUND"]


async def test_nobodys_data(served: Served, stub: EchoStub, telemetry: Telemetry) -> None:
    """A bug's text, which may quote somebody's data, is in no span, no measurement and no answer."""

    async def answer(_request: Any) -> Any:
        raise ValueError(SECRET)

    served.servicer.answer = answer
    with pytest.raises(RemoteError) as caught:
        await stub.GetEcho(GET)
    (span,) = await eventually(telemetry.spans.get_finished_spans)

    assert not span.status.is_ok
    for told in (span.to_json(), str(_points(telemetry)), str(caught.value)):
        assert "Taro" not in told
        assert "U0123" not in told
