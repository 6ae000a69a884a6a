"""JWT assertions: the keys that a channel registered, and the checks of an assertion (LP 2.3, 2.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from sandbox.line.errors import LineError
from sandbox.line.model import Channel

AUDIENCE = "https://api.line.me/"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_ASSERTION_SECONDS = 30 * 60
LONGEST_TOKEN_SECONDS = 30 * 86_400
_KEY_BITS = 2048


class KeyRefusedError(ValueError):
    """A public key that LINE's console would not register; the text says why."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """A good assertion: whose it is, and the token life it asks for in seconds (None: not said)."""

    channel: Channel
    token_seconds: int | None


@dataclass(slots=True)
class AssertionKeys:
    """The registered public keys of all channels by `kid`."""

    _keys: dict[str, tuple[Channel, RSAPublicKey]] = field(default_factory=dict)

    def register(self, channel: Channel, jwk: Mapping[str, Any], kid: str) -> None:
        """Register a JWK under the `kid` that the console gives it.

        Raises:
            KeyRefusedError: not RSA 2048 for RS256 signatures, or it names a `kid` itself (LP 2.3).

        """
        if jwk.get("kty") != "RSA" or jwk.get("alg") != "RS256":
            raise KeyRefusedError("jwk: kty RSA and alg RS256 are required")
        if jwk.get("use") != "sig" and jwk.get("key_ops") != ["verify"]:
            raise KeyRefusedError('jwk: use sig or key_ops ["verify"] is required')
        if "kid" in jwk:
            raise KeyRefusedError("jwk: kid is given by LINE")
        try:
            key = jwt.PyJWK(dict(jwk)).key
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise KeyRefusedError("jwk: not a public key") from error
        if not isinstance(key, RSAPublicKey) or key.key_size != _KEY_BITS:
            raise KeyRefusedError(f"jwk: a public key of {_KEY_BITS} bits is required")
        self._keys[kid] = channel, key

    def kids(self, channel: Channel) -> list[str]:
        """Return the ids of a channel's keys."""
        return [kid for kid, (owner, _) in self._keys.items() if owner is channel]

    def verify(self, form: Mapping[str, str], now: datetime) -> Assertion:
        """Return the assertion of an OAuth form.

        Raises:
            LineError: 404 for an unknown `kid`, 400 for anything else (LP 2.4).

        """
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise refuse_client("invalid client_assertion_type")
        text = form.get("client_assertion", "")
        try:
            found = self._keys.get(str(jwt.get_unverified_header(text).get("kid")))
        except jwt.PyJWTError as error:
            raise refuse_client("invalid client_assertion") from error
        if found is None:
            raise LineError(404, "Cannot find channel key that satisfies the conditions")
        channel, key = found
        # Times are those of the sandbox, so they are checked here.
        claims = _decode(text, key)
        if claims.get("iss") != channel.channel_id or claims.get("sub") != channel.channel_id:
            raise refuse_client("iss and clientId of key do not match")
        _check_expiry(claims.get("exp"), now)
        return Assertion(channel, _read_token_seconds(claims.get("token_exp")))


def refuse_client(description: str) -> LineError:
    """Make the 400 `invalid_client` of LP 2.4."""
    return LineError(400, description, body={"error": "invalid_client", "error_description": description})


def _decode(text: str, key: RSAPublicKey) -> dict[str, Any]:
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_sub": False}
    try:
        claims: dict[str, Any] = jwt.decode(text, key, algorithms=["RS256"], audience=AUDIENCE, options=options)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise refuse_client("invalid client_assertion") from error
    return claims


def _check_expiry(exp: Any, now: datetime) -> None:
    if isinstance(exp, bool) or not isinstance(exp, int):
        raise refuse_client("Invalid exp")
    if not 0 < exp - now.timestamp() <= LONGEST_ASSERTION_SECONDS:
        raise refuse_client("Invalid exp")


def _read_token_seconds(seconds: Any) -> int | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds <= LONGEST_TOKEN_SECONDS:
        raise refuse_client("Invalid token_exp")
    return seconds
