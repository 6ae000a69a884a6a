"""Bearer tokens: reading those of callers, signing our own (architecture 9). They live in machine time."""

import base64
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from kit.callers import ALL_CHANNELS, Caller
from kit.errors import Unauthenticated
from kit.rpc.access import INTERNAL_SCOPE
from kit.rpc.jwks import ALGORITHMS, KeySet

_REQUIRED_CLAIMS = ["iss", "aud", "sub", "exp"]
_LARGEST_CACHE = 10_000

_LIFETIME_S = 300
# A token is replaced this early, so that it does not expire on its way.
_MARGIN_S = 60


@dataclass(frozen=True, slots=True)
class _Verified:
    caller: Caller
    expires: float


class TokenVerifier:
    """Checks tokens; one that was verified is remembered until it expires, since a check costs 0.24 ms."""

    def __init__(self, keys: KeySet, *, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._verified: OrderedDict[str, _Verified] = OrderedDict()

    async def verify(self, token: str) -> Caller:
        """Return whom the token speaks for.

        Raises:
            Unauthenticated: it is malformed, expired, of another issuer or for another audience, or signed with a key
                that does not speak for its subject.
            Unavailable: the issuer's keys can't be had.

        """
        known = self._verified.get(token)
        if known is None:
            known = await self._check(token)
            self._remember(token, known)
        if known.expires <= time.time():
            self._verified.pop(token, None)
            raise Unauthenticated("The token has expired; get a new one.")
        return known.caller

    async def _check(self, token: str) -> _Verified:
        try:
            trusted = await self._keys.find(str(jwt.get_unverified_header(token).get("kid", "")))
            if trusted is None:
                raise Unauthenticated("The token is signed with a key that is not trusted.")
            claims = jwt.decode(
                token,
                trusted.key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                options={"require": _REQUIRED_CLAIMS, "verify_iat": False},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("The token has expired; get a new one.") from None
        except jwt.PyJWTError:
            raise Unauthenticated("The token is malformed, or not meant for this service.") from None
        caller = _read_caller(claims)
        if not trusted.may_sign_for(caller.subject):
            raise Unauthenticated("The token is signed with a key that does not speak for its subject.")
        return _Verified(caller, float(claims["exp"]))

    def _remember(self, token: str, verified: _Verified) -> None:
        self._verified[token] = verified
        if len(self._verified) > _LARGEST_CACHE:
            self._verified.popitem(last=False)


def _read_caller(claims: dict[str, Any]) -> Caller:
    """Read our claims: `scope` as in RFC 8693, `channels` a list of ids or `*`; without them nothing is allowed."""
    scope, channels = claims.get("scope", ""), claims.get("channels", [])
    if not isinstance(scope, str) or not claims["sub"]:
        raise Unauthenticated("The token's claims sub and scope must be text.")
    if channels == ALL_CHANNELS:
        return Caller(claims["sub"], frozenset(scope.split()), frozenset([ALL_CHANNELS]))
    if not isinstance(channels, list) or not all(isinstance(channel, str) for channel in channels):
        raise Unauthenticated("The token's claim channels must be a list of ids or *.")
    return Caller(claims["sub"], frozenset(scope.split()), frozenset(channels) - {ALL_CHANNELS})


class ServiceIdentity:
    """Signs a service's own short-lived tokens with its private key."""

    def __init__(self, service: str, key_file: Path, *, issuer: str, audience: str) -> None:
        """Read the key.

        Args:
            service: as `delivery`; the tokens' subject is `service:delivery`.
            key_file: private Ed25519 key, PEM.
            issuer: the `iss` that our services expect.
            audience: the `aud` that they expect.

        Raises:
            ValueError: the file holds no such key.

        """
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("The identity key must be an Ed25519 private key.")  # noqa: TRY004 - a bad file, not a bug
        self._key = key
        self._key_id = key_id(key)
        self._claims = {"iss": issuer, "aud": audience, "sub": f"service:{service}"}
        self._token = ""
        self._expires = 0.0

    def token(self) -> str:
        """Return a token that is good for at least a minute."""
        now = time.time()
        if self._expires - now < _MARGIN_S:
            self._expires = now + _LIFETIME_S
            claims = {
                **self._claims,
                "iat": int(now),
                "exp": int(self._expires),
                "scope": INTERNAL_SCOPE,
                "channels": ALL_CHANNELS,
            }
            self._token = jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._key_id})
        return self._token


def key_id(key: Ed25519PrivateKey) -> str:
    """Return the key's JWK thumbprint (RFC 7638), which whoever holds the key can work out."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    required = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(public)}
    canonical = json.dumps(required, separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def bearer_token(metadata: Iterable[tuple[str, str | bytes]]) -> str:
    """Return the token of an `authorization: Bearer …` header.

    Raises:
        Unauthenticated: there is no such header.

    """
    for key, value in metadata:
        if key == "authorization" and isinstance(value, str):
            scheme, _, token = value.partition(" ")
            if scheme.lower() == "bearer" and token:
                return token
    raise Unauthenticated


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
