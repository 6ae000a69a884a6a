"""Who gets in, for what, and for which tenant."""

import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from kit.callers import current_caller
from kit.config import BaseSettings
from outreach_client.channel import open_channel
from outreach_client.errors import RemoteError
from tests.fakes.issuer import Issuer, write_key_set
from tests.integration.kit_rpc.conftest import Served
from tests.integration.kit_rpc.echo import PUBLIC, EchoStub, message, raw_method

GET = message("GetEchoRequest", name="channels/acme/echoes/one")


async def _reason(served: Served, token: str, method: str, request: Any) -> str:
    """Make one call and return the reason of its failure, OK for none."""
    async with open_channel(served.address, token=token) as channel:
        try:
            await getattr(EchoStub(channel), method)(request)
        except RemoteError as error:
            return error.reason
    return "OK"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({}, "OK"),
        ({"exp": 1}, "UNAUTHENTICATED"),
        ({"exp": None}, "UNAUTHENTICATED"),
        ({"nbf": 99_999_999_999}, "UNAUTHENTICATED"),
        ({"aud": "another"}, "UNAUTHENTICATED"),
        ({"aud": None}, "UNAUTHENTICATED"),
        ({"iss": "https://elsewhere.test"}, "UNAUTHENTICATED"),
        ({"sub": None}, "UNAUTHENTICATED"),
        ({"sub": ""}, "UNAUTHENTICATED"),
        ({"scope": ["echo.read"]}, "UNAUTHENTICATED"),
        ({"channels": "acme"}, "UNAUTHENTICATED"),
        ({"channels": [1]}, "UNAUTHENTICATED"),
        ({"scope": None}, "SCOPE_MISSING"),
        ({"scope": "echo.write echo.reading"}, "SCOPE_MISSING"),
        ({"channels": None}, "PERMISSION_DENIED"),
        ({"channels": ["beta"]}, "PERMISSION_DENIED"),
        ({"channels": ["*"]}, "PERMISSION_DENIED"),
        ({"channels": "*"}, "OK"),
        ({"channels": ["beta", "acme"], "scope": "echo.write echo.read"}, "OK"),
    ],
)
async def test_claims(served: Served, claims: dict[str, Any], reason: str) -> None:
    """A call gets in only with a token of the issuer, for us, in time, with the scope and the channel."""
    assert await _reason(served, served.issuer.token(**claims), "GetEcho", GET) == reason


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        [("authorization", "")],
        [("authorization", "Bearer")],
        [("authorization", "Bearer ")],
        [("authorization", "Basic dGVzdDp0ZXN0")],
        [("authorization", "Bearer nonsense")],
        [("authorization", "Bearer a.b.c")],
        [("authorization", "Bearer " + "x" * 4000)],
    ],
)
async def test_no_token(served: Served, plain_channel: grpc.aio.Channel, metadata: list[tuple[str, str]]) -> None:
    """A call without a readable token is refused before its request is looked at."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await raw_method(plain_channel, f"/{PUBLIC}/GetEcho")(b"\xff", metadata=metadata)

    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert served.servicer.requests == []


async def test_forged_tokens(served: Served) -> None:
    """A token of an unknown key, of a key that borrows a known id, or without a signature is refused."""
    stranger = Issuer(key_id="stranger")
    impostor = Issuer(key_id=served.issuer.key_id)
    head, body, _ = served.issuer.token().split(".")

    assert await _reason(served, stranger.token(), "GetEcho", GET) == "UNAUTHENTICATED"
    assert await _reason(served, impostor.token(), "GetEcho", GET) == "UNAUTHENTICATED"
    assert await _reason(served, f"{head}.{body}.", "GetEcho", GET) == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(rsa.generate_private_key(65537, 2048), "RS256"), (ec.generate_private_key(ec.SECP256R1()), "ES256")],
)
async def test_other_algorithms(served: Served, settings: BaseSettings, key: Any, algorithm: str) -> None:
    """RSA and elliptic curve keys of an identity provider are taken as well, and found once they are in the set."""
    provider = Issuer(key, key_id="provider", algorithm=algorithm)
    write_key_set(Path(settings.jwks), provider.public_jwk())

    assert await _reason(served, provider.token(), "GetEcho", GET) == "OK"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("channels/acme", "OK"),
        ("channels/acme/echoes/one", "OK"),
        ("channels/beta/echoes/one", "PERMISSION_DENIED"),
        ("", "INVALID_REQUEST"),
        ("channels", "INVALID_REQUEST"),
        ("channels/", "INVALID_REQUEST"),
        ("channels/-", "INVALID_REQUEST"),
        ("channels/ACME", "INVALID_REQUEST"),
        ("channels/acme%2F", "INVALID_REQUEST"),
        (" channels/acme", "INVALID_REQUEST"),
        ("channels/acme\n", "INVALID_REQUEST"),
        ("/channels/acme", "INVALID_REQUEST"),
        ("channel/acme", "INVALID_REQUEST"),
        ("echoes/one/channels/acme", "INVALID_REQUEST"),
    ],
)
async def test_tenants(served: Served, name: str, reason: str) -> None:
    """A well-formed name of another tenant is refused whether it exists or not; a malformed one is named as such."""
    token = served.issuer.token()

    assert await _reason(served, token, "GetEcho", message("GetEchoRequest", name=name)) == reason


async def test_nested_tenant(served: Served) -> None:
    """The tenant of a nested resource is checked like one on top, and absent is malformed."""
    token = served.issuer.token(scope="echo.write")
    own = message("UpdateEchoRequest", echo=message("Echo", name="channels/acme/echoes/one"))
    foreign = message("UpdateEchoRequest", echo=message("Echo", name="channels/beta/echoes/one"))

    assert await _reason(served, token, "UpdateEcho", own) == "OK"
    assert await _reason(served, token, "UpdateEcho", foreign) == "PERMISSION_DENIED"
    assert await _reason(served, token, "UpdateEcho", message("UpdateEchoRequest")) == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("channels", "channel_id", "reason"),
    [
        ("*", "beta", "OK"),
        ("*", "", "OK"),
        (["beta"], "beta", "OK"),
        (["beta"], "gamma", "PERMISSION_DENIED"),
        (["beta"], "", "PERMISSION_DENIED"),
        (["beta"], "BETA!", "INVALID_REQUEST"),
    ],
)
async def test_new_tenants(served: Served, channels: Any, channel_id: str, reason: str) -> None:
    """Who may use some tenants only may create these only."""
    token = served.issuer.token(scope="platform.admin", channels=channels)
    request = message("CreateChannelRequest", channel_id=channel_id)

    assert await _reason(served, token, "CreateChannel", request) == reason


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"sub": "service:delivery", "scope": "internal", "channels": "*"}, "OK"),
        ({"sub": "service:reporting", "scope": "internal", "channels": "*"}, "PERMISSION_DENIED"),
        ({"sub": "user:delivery", "scope": "internal", "channels": "*"}, "PERMISSION_DENIED"),
        ({"sub": "delivery", "scope": "internal", "channels": "*"}, "PERMISSION_DENIED"),
        ({"sub": "service:delivery", "scope": "echo.read", "channels": "*"}, "SCOPE_MISSING"),
    ],
)
async def test_internal_methods(served: Served, claims: dict[str, Any], reason: str) -> None:
    """An internal method is open to the named services with the internal scope alone."""
    token = served.issuer.token(**claims)

    assert await _reason(served, token, "AskEcho", message("AskEchoRequest", channel="channels/acme")) == reason


@pytest.mark.parametrize(
    ("signer", "subject", "reason"),
    [
        ("issuer", "service:delivery", "UNAUTHENTICATED"),
        ("delivery", "service:delivery", "OK"),
        ("reporting", "service:delivery", "UNAUTHENTICATED"),
        ("delivery", "user:test", "UNAUTHENTICATED"),
        ("delivery", "delivery", "UNAUTHENTICATED"),
        ("issuer", "service", "UNAUTHENTICATED"),
        ("issuer", "service:", "UNAUTHENTICATED"),
    ],
)
async def test_service_keys(served: Served, signer: str, subject: str, reason: str) -> None:
    """A service's subject is signed with that service's own key, and that key is good for nothing else."""
    signers = {"issuer": Issuer(served.issuer.key), **served.issuer.identities}
    token = signers[signer].token(sub=subject, scope="internal", channels="*")

    assert await _reason(served, token, "AskEcho", message("AskEchoRequest", channel="channels/acme")) == reason


async def test_stream_auth(served: Served) -> None:
    """A stream is closed to other tenants before its first answer."""
    async with open_channel(served.address, token=served.issuer.token(channels=["beta"])) as channel:
        with pytest.raises(RemoteError) as caught:
            [response async for response in EchoStub(channel).CountEchoes(GET)]

    assert caught.value.reason == "PERMISSION_DENIED"
    assert served.servicer.requests == []


async def test_caller(served: Served, stub: EchoStub) -> None:
    """A handler knows who calls."""
    callers = []

    async def answer(_request: Any) -> Any:
        callers.append(current_caller())
        return message("Echo")

    served.servicer.answer = answer
    await stub.GetEcho(GET)

    assert [(caller.subject, caller.may_use("acme"), caller.may_use("beta")) for caller in callers] == [
        ("user:test", True, False)
    ]


async def test_remembered_token_expires(served: Served) -> None:
    """A token that was verified once stops working when it expires."""
    token = served.issuer.token(exp=time.time() + 3)
    seen = [await _reason(served, token, "GetEcho", GET)]
    while seen[-1] == "OK":
        seen.append(await _reason(served, token, "GetEcho", GET))

    assert seen[0] == "OK"
    assert seen[-1] == "UNAUTHENTICATED"
