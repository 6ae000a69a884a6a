"""Calls between our services, and the client library on a real connection."""

import asyncio
import time
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest

from kit.callers import current_caller
from kit.config import BaseSettings
from kit.deadlines import set_time_left
from kit.errors import Unavailable
from kit.rpc.client import connect
from kit.rpc.tokens import ServiceIdentity
from outreach_client.channel import open_channel
from outreach_client.errors import RemoteError
from tests.integration.kit_rpc.conftest import Served
from tests.integration.kit_rpc.echo import PUBLIC, EchoStub, message

GET = message("GetEchoRequest", name="channels/acme/echoes/one")
RETRYING = {
    "methodConfig": [
        {
            "name": [{"service": PUBLIC, "method": "GetEcho"}],
            "timeout": "2s",
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.01s",
                "maxBackoff": "0.02s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}


async def test_service_identity(served: Served, settings: BaseSettings) -> None:
    """A service reaches the internal methods that name it, by a token that it signed itself."""
    callers = []

    async def answer(_request: Any) -> Any:
        callers.append(current_caller().subject)
        return message("Echo")

    served.servicer.answer = answer
    async with connect("delivery", served.address, settings) as channel:
        await EchoStub(channel).AskEcho(message("AskEchoRequest", channel="channels/acme"))

    assert callers == ["service:delivery"]


def test_service_token(settings: BaseSettings) -> None:
    """A service's token lives five minutes and is used again while it is good."""
    identity = ServiceIdentity("delivery", settings.identity_key_file, issuer="i", audience="a")
    token = identity.token()
    claims = jwt.decode(token, options={"verify_signature": False})

    assert identity.token() == token
    assert claims["sub"] == "service:delivery"
    assert claims["scope"] == "internal"
    assert 290 < claims["exp"] - time.time() <= 300


def test_identity_of_another_kind(tmp_path: Path) -> None:
    """A key file that holds no private key is refused at start."""
    (tmp_path / "key.pem").write_text("nothing")

    with pytest.raises(ValueError, match="PEM"):
        ServiceIdentity("delivery", tmp_path / "key.pem", issuer="i", audience="a")


async def test_inherited_deadline(served: Served, settings: BaseSettings) -> None:
    """A call on behalf of another one takes no longer than that one has."""

    async def answer(_request: Any) -> Any:
        await asyncio.Event().wait()

    served.servicer.answer = answer
    set_time_left(0.3)
    async with connect("delivery", served.address, settings) as channel:
        with pytest.raises(RemoteError) as caught:
            await EchoStub(channel).AskEcho(message("AskEchoRequest", channel="channels/acme"))

    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_retry(served: Served) -> None:
    """What the service config marks as retryable is repeated; the caller sees only the success."""

    async def answer(_request: Any) -> Any:
        if len(served.servicer.requests) < 3:
            raise Unavailable("database")
        return message("Echo", text="third")

    served.servicer.answer = answer
    async with open_channel(served.address, token=served.issuer.token(), service_config=RETRYING) as channel:
        response = await EchoStub(channel).GetEcho(GET)

    assert response.text == "third"
    assert len(served.servicer.requests) == 3


async def test_no_retry(served: Served) -> None:
    """A method that the service config does not name is not repeated."""

    async def answer(_request: Any) -> Any:
        raise Unavailable("database")

    served.servicer.answer = answer
    async with open_channel(
        served.address, token=served.issuer.token(scope="echo.write"), service_config=RETRYING
    ) as channel:
        with pytest.raises(RemoteError):
            await EchoStub(channel).UpdateEcho(
                message("UpdateEchoRequest", echo=message("Echo", name="channels/acme/echoes/one"))
            )

    assert len(served.servicer.requests) == 1


async def test_nobody_there() -> None:
    """A server that can't be reached is a RemoteError without a domain."""
    async with open_channel("127.0.0.1:1", token="t") as channel:
        with pytest.raises(RemoteError) as caught:
            await EchoStub(channel).GetEcho(GET)

    assert (caught.value.reason, caught.value.domain) == ("UNAVAILABLE", "")


async def test_fresh_tokens(served: Served) -> None:
    """A token source is asked for every call."""
    tokens = iter([served.issuer.token(exp=1), served.issuer.token()])
    async with open_channel(served.address, token=lambda: next(tokens)) as channel:
        with pytest.raises(RemoteError):
            await EchoStub(channel).GetEcho(GET)
        response = await EchoStub(channel).GetEcho(GET)

    assert response.text == "GetEchoRequest"


def test_no_plain_text_abroad() -> None:
    """A token is not sent to another machine without encryption."""
    with pytest.raises(ValueError, match="plain text"):
        open_channel("delivery.example:443", token="t")
