"""What leaves, what comes back, and how each way of not coming back is told apart."""

import asyncio
import logging
import socket
from typing import Any

import httpx
import pytest

from lineapi.errors import (
    InvalidRequestError,
    LINEError,
    MalformedAnswerError,
    ServerFaultError,
    UnansweredError,
    UnreachableError,
)
from lineapi.fields import Fields
from lineapi.transport import Call, LINETransport, open_http
from tests.unit.lineapi.stub_line import (
    REQUEST_ID,
    Reply,
    StubLINE,
    drop,
    drop_in_body,
    reply,
    say_garbage,
    stay_silent,
)


def _call(method: str = "POST", *, within: float = 5.0, attempts: int = 1) -> Call:
    return Call(method=method, path="/x", token="secret-token", body=b'{"a":1}', within=within, attempts=attempts)


def _read_n(answer: Fields) -> int:
    return answer.read_integer("n")


async def test_request(transport: LINETransport, stub: StubLINE) -> None:
    """Method, path, token and the exact bytes leave; the request id comes back."""
    stub.will(reply(202))

    answer = await transport.perform(_call())

    (received,) = stub.received
    assert (received.method, received.path, received.body) == ("POST", "/x", b'{"a":1}')
    assert received.headers["Authorization"] == "Bearer secret-token"
    assert received.headers["Content-Type"] == "application/json"
    assert (answer.status, answer.request_id) == (202, REQUEST_ID)


async def test_refused_connection(http: httpx.AsyncClient) -> None:
    """Where nobody listens nothing has happened."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        transport = LINETransport(http, api_url=f"http://127.0.0.1:{closed.getsockname()[1]}")

        with pytest.raises(UnreachableError) as caught:
            await transport.perform(_call())

    assert not caught.value.may_have_happened


async def test_connection_that_never_comes_about(http: httpx.AsyncClient) -> None:
    """A host that takes no connection ends as unreachable, before the deadline of the whole call could confuse it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        # One connection fills the queue of a listener that accepts none, so that the next one waits for ever.
        fillers = [socket.socket() for _ in range(2)]
        for filler in fillers:
            filler.settimeout(0)
            filler.connect_ex(listener.getsockname())
        transport = LINETransport(http, api_url=f"http://127.0.0.1:{listener.getsockname()[1]}")

        with pytest.raises(UnreachableError):
            await transport.perform(_call(within=0.4))

        for filler in fillers:
            filler.close()


async def test_no_free_connection(stub: StubLINE) -> None:
    """A call that finds every connection in use has not left."""
    stub.will(stay_silent)
    async with open_http(connections=1) as http:
        transport = LINETransport(http, api_url=stub.url)
        occupant = asyncio.create_task(transport.perform(_call()))
        await stub.wait_for_request()

        with pytest.raises(UnreachableError):
            await transport.perform(_call(within=0.2))

        occupant.cancel()
        with pytest.raises(asyncio.CancelledError):
            await occupant

    assert len(stub.received) == 1


@pytest.mark.parametrize("failure", [drop, say_garbage, stay_silent], ids=lambda failure: failure.__name__)
async def test_lost_answer(transport: LINETransport, stub: StubLINE, failure: Reply) -> None:
    """When the request has left and no status comes back, it may have happened; it was made once."""
    stub.will(failure)

    with pytest.raises(UnansweredError) as caught:
        await transport.perform(_call(within=0.5))

    assert caught.value.may_have_happened
    assert caught.value.status is None
    assert len(stub.received) == 1


async def test_loss_on_a_kept_connection(transport: LINETransport, stub: StubLINE) -> None:
    """A connection that dies when it is used again puts the call in doubt, and no layer below repeats it."""
    stub.will(reply(), drop, reply())
    await transport.perform(_call())

    with pytest.raises(UnansweredError):
        await transport.perform(_call())

    assert len(stub.received) == 2


async def test_status_outlives_the_body(transport: LINETransport, stub: StubLINE) -> None:
    """A success whose body is lost is a success, with its request id."""
    stub.will(drop_in_body(202))

    answer = await transport.perform(_call())

    assert (answer.status, answer.request_id, answer.body) == (202, REQUEST_ID, None)


async def test_refusal_outlives_the_body(transport: LINETransport, stub: StubLINE) -> None:
    """A refusal whose body is lost is a refusal."""
    stub.will(drop_in_body(400))

    with pytest.raises(InvalidRequestError) as caught:
        await transport.perform(_call())

    assert caught.value.message == ""


async def test_content_needs_the_body(transport: LINETransport, stub: StubLINE) -> None:
    """A lookup whose body is lost has no answer."""
    stub.will(drop_in_body(200))

    with pytest.raises(UnansweredError) as caught:
        await transport.ask(_call("GET"), _read_n)

    assert caught.value.request_id == REQUEST_ID


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[1]", b'{"n":"7"}', b'{"m":7}', b"[" * 100_000])
async def test_content_that_does_not_read(transport: LINETransport, stub: StubLINE, body: bytes) -> None:
    """A success that is no JSON, or not the JSON documented, is malformed; it is not asked for again."""
    stub.will(reply(200, body))

    with pytest.raises(MalformedAnswerError) as caught:
        await transport.ask(_call("GET", attempts=3), _read_n)

    assert caught.value.request_id == REQUEST_ID
    assert len(stub.received) == 1


@pytest.mark.parametrize("failure", [drop, drop_in_body(200), reply(500), reply(503)])
async def test_lookup_is_repeated(transport: LINETransport, stub: StubLINE, failure: Reply) -> None:
    """A lookup gets over a lost answer and over LINE's own faults."""
    stub.will(failure, failure, reply(200, {"n": 7, "later": {"addition": True}}))

    assert await transport.ask(_call(attempts=3), _read_n) == 7


async def test_repetition_ends(transport: LINETransport, stub: StubLINE) -> None:
    """A lookup that goes on failing fails with the last error."""
    stub.will(reply(500), drop, reply(503))

    with pytest.raises(ServerFaultError) as caught:
        await transport.ask(_call(attempts=3), _read_n)

    assert caught.value.status == 503
    assert len(stub.received) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429])
async def test_refusal_is_not_repeated(transport: LINETransport, stub: StubLINE, status: int) -> None:
    """What LINE decided is not asked again; a 429 would only spend more of the budget."""
    stub.will(reply(status))

    with pytest.raises(LINEError):
        await transport.ask(_call(attempts=3), _read_n)

    assert len(stub.received) == 1


async def test_one_deadline_for_all_attempts(transport: LINETransport, stub: StubLINE) -> None:
    """Silence uses up the time of the whole call, however many attempts are left."""
    stub.will(stay_silent, stay_silent, stay_silent)
    started = asyncio.get_running_loop().time()

    with pytest.raises(LINEError):
        await transport.ask(_call("GET", within=0.3, attempts=3), _read_n)

    assert asyncio.get_running_loop().time() - started < 0.8


async def test_outer_cancellation_passes(transport: LINETransport, stub: StubLINE) -> None:
    """A caller's own deadline ends the call as a cancellation, not as an answer."""
    stub.will(stay_silent)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await transport.perform(_call())


async def test_nothing_secret_is_logged(
    transport: LINETransport, stub: StubLINE, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the token nor a body reaches any log, on success, failure or repetition."""
    stub.will(reply(500, {"message": "Yamada"}), reply(200, {"n": 7}))

    with caplog.at_level(logging.DEBUG):
        await transport.ask(_call(attempts=3), _read_n)

    text = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert "secret-token" not in text
    assert '"a":1' not in text
    assert "Yamada" not in text


def test_call_hides_its_content() -> None:
    """The repr of a call holds neither token nor body nor query."""
    call: Any = Call(method="GET", path="/x", token="secret-token", params={"q": "v"}, body=b"Yamada", within=1)

    assert "secret-token" not in repr(call)
    assert "Yamada" not in repr(call)
    assert "'v'" not in repr(call)
