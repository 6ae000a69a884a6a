"""What a caller sees of each kind of failure."""

from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from kit import errors
from kit.store.errors import StoreConflict, StoreUnavailable
from outreach_client.errors import RemoteError
from tests.integration.kit_rpc.conftest import Served
from tests.integration.kit_rpc.echo import INTERNAL, PUBLIC, EchoStub, message, raw_method, read_until_failure

GET = message("GetEchoRequest", name="channels/acme/echoes/one")


def _fail(served: Served, error: Exception) -> None:
    async def answer(_request: Any) -> Any:
        raise error

    served.servicer.answer = answer


@pytest.mark.parametrize(
    ("error", "code", "reason", "metadata"),
    [
        (errors.NotFound("channels/acme"), "NOT_FOUND", "NOT_FOUND", {"name": "channels/acme"}),
        (errors.AlreadyExists("channels/acme"), "ALREADY_EXISTS", "ALREADY_EXISTS", {"name": "channels/acme"}),
        (errors.EtagMismatch("channels/acme"), "ABORTED", "ETAG_MISMATCH", {"name": "channels/acme"}),
        (errors.RequestIdReused("8f1"), "INVALID_ARGUMENT", "REQUEST_ID_REUSED", {"request_id": "8f1"}),
        (errors.Unavailable("line"), "UNAVAILABLE", "UNAVAILABLE", {"dependency": "line"}),
        (errors.Unimplemented("LIST_APPLIED"), "UNIMPLEMENTED", "UNIMPLEMENTED", {"feature": "LIST_APPLIED"}),
        (errors.DeadlineExceeded(), "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", {}),
        (TimeoutError(), "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", {}),
        (StoreUnavailable(), "UNAVAILABLE", "UNAVAILABLE", {"dependency": "database"}),
        (StoreConflict(), "ABORTED", "CONFLICT", {}),
        (NotImplementedError(), "UNIMPLEMENTED", "UNIMPLEMENTED", {"feature": "This method"}),
    ],
)
async def test_kinds(
    served: Served, stub: EchoStub, error: Exception, code: str, reason: str, metadata: dict[str, str]
) -> None:
    """Each kind of error reaches the caller with its code, its reason, the service's domain and the variable parts."""
    _fail(served, error)

    with pytest.raises(RemoteError) as caught:
        await stub.GetEcho(GET)

    assert (caught.value.code.name, caught.value.reason) == (code, reason)
    assert caught.value.domain == "echo.outreach"
    assert caught.value.metadata == metadata


async def test_fields(served: Served, stub: EchoStub) -> None:
    """All bad fields arrive with path, description and reason."""
    violations = errors.Violations()
    violations.add("echo.text", "must not be empty", "REQUIRED")
    violations.add("echo.name", "must be a name")
    _fail(served, errors.InvalidRequest(violations._found))  # noqa: SLF001 - shortest way to the error

    with pytest.raises(RemoteError) as caught:
        await stub.GetEcho(GET)

    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.reason == "INVALID_REQUEST"
    assert caught.value.metadata == {"fields": "echo.text,echo.name"}
    assert [(v.field, v.description, v.reason) for v in caught.value.field_violations] == [
        ("echo.text", "must not be empty", "REQUIRED"),
        ("echo.name", "must be a name", ""),
    ]


async def test_wait(served: Served, stub: EchoStub) -> None:
    """Where waiting helps, the answer says how long."""
    _fail(served, errors.Unavailable("line", retry_after=timedelta(seconds=90)))

    with pytest.raises(RemoteError) as caught:
        await stub.GetEcho(GET)

    assert caught.value.retry_after == timedelta(seconds=90)


async def test_bug(served: Served, stub: EchoStub) -> None:
    """A bug is INTERNAL and shows nothing of its own text."""
    _fail(served, ValueError("row (Taro, U0123) violates constraint"))

    with pytest.raises(RemoteError) as caught:
        await stub.GetEcho(GET)

    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "Taro" not in caught.value.message


async def test_one_error_info(served: Served, plain_channel: grpc.aio.Channel) -> None:
    """A status on the wire holds exactly one ErrorInfo, and no two details of one type (ST 2.1)."""
    _fail(served, errors.InvalidRequest([errors.FieldViolation("a", "b")]))
    metadata = [("authorization", f"Bearer {served.issuer.token()}")]

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await EchoStub(plain_channel).GetEcho(GET, metadata=metadata)

    status = rpc_status.from_call(caught.value)  # type: ignore[arg-type]  # reads what both kinds of calls have
    assert status is not None
    types = [detail.type_url for detail in status.details]
    assert types.count(f"type.googleapis.com/{ErrorInfo.DESCRIPTOR.full_name}") == 1
    assert len(types) == len(set(types))


async def test_many_fields(served: Served, stub: EchoStub) -> None:
    """However much is wrong, the status fits into the headers that any client takes."""
    _fail(served, errors.InvalidRequest([errors.FieldViolation(f"f[{n}]", "誤り" * 50) for n in range(1000)]))

    with pytest.raises(RemoteError) as caught:
        await stub.GetEcho(GET)

    assert caught.value.reason == "INVALID_REQUEST"
    assert 1 <= len(caught.value.field_violations) < 1000


async def test_unreadable_request(served: Served, plain_channel: grpc.aio.Channel) -> None:
    """Bytes that are no message of the method's type are the caller's mistake."""
    call = raw_method(plain_channel, f"/{PUBLIC}/GetEcho")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(b"\x0a\xff\xff", metadata=[("authorization", f"Bearer {served.issuer.token()}")])

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


ELSEWHERE = "outreach.reporting.v1.ReportService"


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    ("called", "said"),
    [
        (f"/{PUBLIC}/Nothing", f"{PUBLIC} has no method Nothing in this version."),
        (f"/{ELSEWHERE}/Get", f"This server does not serve {ELSEWHERE}; it serves {PUBLIC}. Check the address."),
        (f"/{INTERNAL}/Nothing", f"This server does not serve {INTERNAL}; it serves {PUBLIC}. Check the address."),
        ("/a b/Get", f"This server does not serve that method; it serves {PUBLIC}. Check the address."),
        ("/" + "a" * 500, f"This server does not serve that method; it serves {PUBLIC}. Check the address."),
    ],
)
async def test_unknown_method(plain_channel: grpc.aio.Channel, called: str, said: str) -> None:
    """A call for another server, or of no method at all, is told what lives here; internal services are not named."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await raw_method(plain_channel, called)(b"")

    status = rpc_status.from_call(caught.value)  # type: ignore[arg-type]  # as above
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.UNIMPLEMENTED, said)
    assert status is not None
    info = ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain) == ("UNIMPLEMENTED", "echo.outreach")
    assert info.metadata["feature"] == ("that method" if "that method" in said else called[1:])


async def test_stream_failure(served: Served, stub: EchoStub) -> None:
    """A stream that fails after some answers gives these first, and then the typed error."""

    async def stream(_request: Any) -> Any:
        yield message("Echo", text="first")
        raise errors.NotFound("channels/acme/echoes/one")

    served.servicer.stream = stream
    seen, error = await read_until_failure(stub.CountEchoes(GET))

    assert seen == ["first"]
    assert error is not None
    assert error.reason == "NOT_FOUND"


async def test_stream(stub: EchoStub) -> None:
    """A stream arrives in order and ends without an error."""
    assert [response.text async for response in stub.CountEchoes(GET)] == ["0", "1", "2"]
