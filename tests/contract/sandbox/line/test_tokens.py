"""Channel access tokens of every kind, by the official SDK and by plain HTTP (LP 2; rows A1-A3, B37, B38)."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linebot.v3 import oauth

from tests.contract.sandbox.line.driver import CHANNEL_ID, SECRET, OfficialAccount

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SMALL_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - to be refused
SECRETS = {"client_id": CHANNEL_ID, "client_secret": SECRET}
PATHS = [
    "/oauth2/v3/token",
    "/oauth2/v2.1/token",
    "/oauth2/v2.1/revoke",
    "/v2/oauth/accessToken",
    "/v2/oauth/verify",
    "/v2/oauth/revoke",
]


def make_jwk(key: rsa.RSAPrivateKey = KEY, **changes: Any) -> dict[str, Any]:
    """Return the public JWK of a key as LINE's console takes it."""
    document: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    document.pop("key_ops", None)
    return {**document, "alg": "RS256", "use": "sig", **changes}


async def register(oa: OfficialAccount) -> str:
    """Register the key and return its `kid`."""
    return str((await oa.control("POST", "assertion-keys", jwk=make_jwk()))["kid"])


def sign(oa: OfficialAccount, kid: str, *, key: rsa.RSAPrivateKey = KEY, exp_in: float = 1800, **changes: Any) -> str:
    """Return an assertion; `exp_in` seconds from the sandbox's now."""
    claims = {
        "iss": CHANNEL_ID,
        "sub": CHANNEL_ID,
        "aud": "https://api.line.me/",
        "exp": int(oa.clock.timestamp() + exp_in),
        "token_exp": 86_400,
    }
    kept = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(kept, key, algorithm="RS256", headers={"kid": kid})


async def ask(oa: OfficialAccount, path: str, *, method: str = "POST", **form: str) -> tuple[int, Any]:
    """Call an OAuth endpoint with a form, or a query."""
    fields: Any = {"data": form} if method == "POST" else {"params": form}
    async with oa.http.request(method, oa.sandbox.url + path, **fields) as response:
        assert response.headers["X-Line-Request-Id"]
        text = await response.text()
        return response.status, json.loads(text) if text else None


async def ask_by_assertion(oa: OfficialAccount, assertion: str, path: str = PATHS[1]) -> tuple[int, Any]:
    """Ask for a token with an assertion."""
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    return await ask(oa, path, grant_type="client_credentials", **form)


async def by_sdk(oa: OfficialAccount, call: Callable[[Any], Any]) -> Any:
    """Run one call of the SDK's OAuth class."""

    def run() -> Any:
        with oauth.ApiClient(oauth.Configuration(host=oa.sandbox.url)) as client:
            return call(oauth.ChannelAccessToken(client))

    return await asyncio.to_thread(run)


async def opens(oa: OfficialAccount, token: str) -> bool:
    """Whether a token opens the API."""
    return (await oa.call("GET", "/v2/bot/info", token=token)).status == 200


async def test_a01_stateless_by_secret(oa: OfficialAccount) -> None:
    """The SDK gets a stateless token of at most 900 s by id and secret."""
    answer = await by_sdk(oa, lambda api: api.issue_stateless_channel_token_by_client_secret(CHANNEL_ID, SECRET))

    assert (answer.token_type, answer.expires_in <= 900) == ("Bearer", True)
    assert await opens(oa, answer.access_token)


async def test_a01_stateless_by_assertion(oa: OfficialAccount) -> None:
    """The SDK gets a stateless token by a JWT; its `token_exp` does not count, unless the switch says so."""
    assertion = sign(oa, await register(oa), token_exp=60)
    plain = await by_sdk(oa, lambda api: api.issue_stateless_channel_token_by_jwt_assertion(assertion))
    await oa.change_settings(stateless_honours_token_exp=True)
    short = await by_sdk(oa, lambda api: api.issue_stateless_channel_token_by_jwt_assertion(assertion))

    assert (plain.expires_in, short.expires_in) == (900, 60)
    assert await opens(oa, plain.access_token)


async def test_a02_v21_tokens(oa: OfficialAccount) -> None:
    """The SDK issues, lists, verifies and revokes v2.1 tokens; revoking answers None for an empty 200."""
    assertion = sign(oa, await register(oa))
    issued = await by_sdk(
        oa, lambda api: api.issue_channel_token_by_jwt("client_credentials", ASSERTION_TYPE, assertion)
    )
    kids = await by_sdk(oa, lambda api: api.gets_all_valid_channel_access_token_key_ids(ASSERTION_TYPE, assertion))
    oa.clock.advance(100)
    verified = await by_sdk(oa, lambda api: api.verify_channel_token_by_jwt(issued.access_token))
    worked = await opens(oa, issued.access_token)
    revoked = await by_sdk(oa, lambda api: api.revoke_channel_token_by_jwt(CHANNEL_ID, SECRET, issued.access_token))

    assert (issued.expires_in, issued.token_type, kids.kids) == (86_400, "Bearer", [issued.key_id])
    assert (verified.client_id, verified.expires_in, worked) == (CHANNEL_ID, 86_300, True)
    assert revoked is None
    assert not await opens(oa, issued.access_token)


async def test_a03_short_lived_tokens(oa: OfficialAccount) -> None:
    """The SDK issues, verifies and revokes short-lived tokens of 30 days."""
    issued = await by_sdk(oa, lambda api: api.issue_channel_token("client_credentials", CHANNEL_ID, SECRET))
    verified = await by_sdk(oa, lambda api: api.verify_channel_token(issued.access_token))
    worked = await opens(oa, issued.access_token)
    revoked = await by_sdk(oa, lambda api: api.revoke_channel_token(issued.access_token))

    assert (issued.expires_in, verified.expires_in, verified.client_id) == (2_592_000, 2_592_000, CHANNEL_ID)
    assert (worked, revoked) == (True, None)
    assert not await opens(oa, issued.access_token)


async def test_b37_the_31st_short_lived_token_revokes_the_oldest(oa: OfficialAccount) -> None:
    """30 short-lived tokens work side by side; one more ends the oldest."""
    tokens = []
    for _ in range(30):
        _, answer = await ask(oa, PATHS[3], grant_type="client_credentials", **SECRETS)
        tokens.append(answer["access_token"])
    before = await opens(oa, tokens[0])
    await ask(oa, PATHS[3], grant_type="client_credentials", **SECRETS)

    assert before
    assert not await opens(oa, tokens[0])
    assert await opens(oa, tokens[1])


async def test_b37_the_31st_v21_token_is_refused(oa: OfficialAccount) -> None:
    """A 31st v2.1 token is a 400, until one of the 30 has expired."""
    assertion = sign(oa, await register(oa), token_exp=60)
    statuses = [(await ask_by_assertion(oa, assertion))[0] for _ in range(30)]
    refused = await ask_by_assertion(oa, assertion)
    oa.clock.advance(60)
    later = await ask_by_assertion(oa, assertion)

    assert statuses == [200] * 30
    assert refused == (400, {"message": "The maximum number of access tokens has already been issued"})
    assert later[0] == 200


@pytest.mark.parametrize(("kind", "life"), [("v2.1", 86_400), ("short_lived", 2_592_000), ("stateless", 900)])
async def test_b38_tokens_end_on_time(oa: OfficialAccount, kind: str, life: int) -> None:
    """A token opens the API up to its last second and not after."""
    if kind == "v2.1":
        _, answer = await ask_by_assertion(oa, sign(oa, await register(oa)))
    else:
        path = PATHS[3] if kind == "short_lived" else PATHS[0]
        _, answer = await ask(oa, path, grant_type="client_credentials", **SECRETS)
    oa.clock.advance(life - 1)
    before = await opens(oa, answer["access_token"])
    oa.clock.advance(1)

    assert before
    assert not await opens(oa, answer["access_token"])


@pytest.mark.parametrize(("hours", "overlap"), [(0, False), (24, True)])
async def test_long_lived_tokens(oa: OfficialAccount, hours: int, overlap: bool) -> None:  # noqa: FBT001 - a parameter
    """The console's token has no end; reissuing ends the old one at once, or up to 24 h later."""
    old = (await oa.control("POST", "long-lived-token"))["access_token"]
    oa.clock.advance(10 * 365 * 86_400)
    worked = await opens(oa, old)
    new = (await oa.control("POST", "long-lived-token", old_hours=hours))["access_token"]
    at_once = await opens(oa, old)
    oa.clock.advance(86_400)

    assert (worked, at_once) == (True, overlap)
    assert not await opens(oa, old)
    assert await opens(oa, new)


INVALID_CLIENT = {"error": "invalid_client"}
MISMATCH = {**INVALID_CLIENT, "error_description": "iss and clientId of key do not match"}
INVALID_EXP = {**INVALID_CLIENT, "error_description": "Invalid exp"}


@pytest.mark.parametrize(
    ("changes", "status", "body"),
    [
        ({"kid": "unknown"}, 404, {"message": "Cannot find channel key that satisfies the conditions"}),
        ({"iss": "1"}, 400, MISMATCH),
        ({"sub": "1"}, 400, MISMATCH),
        ({"exp_in": 0}, 400, INVALID_EXP),
        ({"exp_in": 1801}, 400, INVALID_EXP),
        ({"exp": None}, 400, INVALID_EXP),
        ({"key": OTHER_KEY}, 400, INVALID_CLIENT),
        ({"aud": "https://example.test/"}, 400, INVALID_CLIENT),
        ({"token_exp": 2_592_001}, 400, INVALID_CLIENT),
    ],
)
@pytest.mark.parametrize("path", PATHS[:2])
async def test_bad_assertions(
    oa: OfficialAccount, path: str, changes: dict[str, Any], status: int, body: dict[str, Any]
) -> None:
    """An assertion that breaks a rule of LP 2.3 is refused with the body of LP 2.4."""
    kid = await register(oa)
    code, answer = await ask_by_assertion(oa, sign(oa, changes.get("kid", kid), **without(changes, "kid")), path)

    assert code == status
    assert body.items() <= answer.items()


@pytest.mark.parametrize(
    ("path", "form", "body"),
    [
        (
            PATHS[0],
            {"client_id": CHANNEL_ID, "client_secret": "x"},
            ("invalid_request", "Invalid 'client_credentials'."),
        ),
        (PATHS[3], {"client_id": "x", "client_secret": SECRET}, ("invalid_client", "invalid client_id")),
        (PATHS[3], {"client_id": CHANNEL_ID, "client_secret": "x"}, ("invalid_client", "invalid client_secret")),
        (PATHS[4], {"access_token": "x"}, ("invalid_request", "access_token invalid")),
        (PATHS[5], {"access_token": ""}, ("invalid_request", "access_token invalid")),
    ],
)
async def test_failures(oa: OfficialAccount, path: str, form: dict[str, str], body: tuple[str, str]) -> None:
    """Each failure of LP 2.4 has its status and body."""
    status, answer = await ask(oa, path, grant_type="client_credentials", **form)

    assert (status, (answer["error"], answer["error_description"])) == (400, body)


async def test_verifying_v21(oa: OfficialAccount) -> None:
    """An expired v2.1 token and one of another kind are told apart."""
    _, issued = await ask_by_assertion(oa, sign(oa, await register(oa), token_exp=60))
    oa.clock.advance(60)
    expired = await ask(oa, "/oauth2/v2.1/verify", method="GET", access_token=issued["access_token"])
    other = await ask(oa, "/oauth2/v2.1/verify", method="GET", access_token=await oa.issue_token())

    assert (expired[0], expired[1]["error_description"]) == (400, "The access token expired")
    assert (other[0], other[1]["error_description"]) == (400, "The access token not JWS")


@pytest.mark.parametrize("path", [PATHS[2], PATHS[5]])
async def test_revoking_an_unknown_token_is_no_error(oa: OfficialAccount, path: str) -> None:
    """A token that is nobody's is revoked with an empty 200."""
    assert await ask(oa, path, access_token="nobody", **SECRETS) == (200, None)


@pytest.mark.parametrize(
    "jwk",
    [
        make_jwk(kid="mine"),
        make_jwk(SMALL_KEY),
        make_jwk(alg="RS512"),
        make_jwk(use="enc"),
        {"kty": "RSA", "alg": "RS256", "use": "sig"},
    ],
)
async def test_keys_that_the_console_refuses(oa: OfficialAccount, jwk: dict[str, Any]) -> None:
    """Only RSA 2048 keys for RS256 signatures are registered (LP 2.3)."""
    url = f"{oa.sandbox.url}/_control/line/channels/{CHANNEL_ID}/assertion-keys"
    async with oa.http.post(url, json={"jwk": jwk}) as response:
        answer = await response.json()

    assert (response.status, answer["message"].split(":")[0]) == (400, "jwk")


async def test_short_lived_tokens_have_a_rate(oa: OfficialAccount) -> None:
    """The 371st short-lived token of a second is a 429 (LP 1.6)."""
    form = {"grant_type": "client_credentials", **SECRETS}
    statuses = [(await ask(oa, PATHS[3], **form))[0] for _ in range(371)]
    oa.clock.advance(timedelta(seconds=1).total_seconds())

    assert statuses == [200] * 370 + [429]
    assert (await ask(oa, PATHS[3], **form))[0] == 200


FIELDS = ["grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type", "access_token"]
VALUES = st.sampled_from([CHANNEL_ID, SECRET, "client_credentials", ASSERTION_TYPE, "a.b.c"]) | st.text(max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=st.dictionaries(st.sampled_from(FIELDS), VALUES), path=st.sampled_from(PATHS))
async def test_random_forms(oa: OfficialAccount, form: dict[str, str], path: str) -> None:
    """No form makes an OAuth endpoint fail by itself."""
    status, _ = await ask(oa, path, **form)

    assert status in (200, 400, 404, 429)


def without(changes: dict[str, Any], name: str) -> dict[str, Any]:
    """Return changes without one."""
    return {key: value for key, value in changes.items() if key != name}
