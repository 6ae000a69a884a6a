"""Keys of one local stack, made at its start and thrown away with it: token issuer, service identities, credentials."""

import base64
import hashlib
import json
import secrets
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

ISSUER = "https://issuer.outreach.local"
AUDIENCE = "outreach"

ALL_CHANNELS = "*"

_CREDENTIAL_KEY_BYTES = 32  # AES-256


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Where the services find their keys."""

    jwks: Path
    """Public keys of the issuer and of the services, as a JSON Web Key Set (RFC 7517).

    A service's key names that service in `outreach_service`, and is good for its tokens alone.
    """
    credentials: Path
    """`{"current": "k1", "keys": {"k1": "<base64 of 32 bytes>"}}`; encrypts channel credentials at rest."""
    identities: dict[str, Path]
    """Private key of each service, PKCS#8 PEM, keyed by service name."""


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Stands in for a company's identity provider."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)

    def issue_token(
        self,
        subject: str,
        *,
        scopes: Iterable[str],
        channels: Iterable[str] | None = None,
        lifetime: timedelta = timedelta(hours=1),
    ) -> str:
        """Return a signed JWT (EdDSA), ready for `authorization: Bearer …`.

        Args:
            subject: who calls.
            scopes: what they may do, as `campaign.read` (architecture 9).
            channels: ids of the channels they may do it to; None means all.
            lifetime: negative for a token that has expired already.

        """
        issued = int(time.time())  # tokens live in machine time, not in business time
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": issued,
            "exp": issued + int(lifetime.total_seconds()),
            "jti": str(uuid.uuid4()),
            "scope": " ".join(scopes),
            "channels": ALL_CHANNELS if channels is None else list(channels),
        }
        return jwt.encode(claims, self.key, algorithm="EdDSA", headers={"kid": key_id(self.key)})


def write_key_files(folder: Path, *, issuer: TokenIssuer, services: Iterable[str]) -> KeyFiles:
    """Make all other keys and write everything that the services read into `folder`, readable for us only."""
    identities = {service: Ed25519PrivateKey.generate() for service in services}
    files = KeyFiles(
        jwks=folder / "jwks.json",
        credentials=folder / "credential-keys.json",
        identities={service: folder / f"{service}-identity.pem" for service in identities},
    )
    members = [_public_jwk(key) | {"outreach_service": service} for service, key in identities.items()]
    _write(files.jwks, {"keys": [_public_jwk(issuer.key), *members]})
    secret = base64.b64encode(secrets.token_bytes(_CREDENTIAL_KEY_BYTES)).decode()
    _write(files.credentials, {"current": "k1", "keys": {"k1": secret}})
    for service, key in identities.items():
        _write(files.identities[service], key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def key_id(key: Ed25519PrivateKey) -> str:
    """Return the key's JWK thumbprint (RFC 7638): who holds the key can name it, and nobody has to agree on names."""
    required = {name: value for name, value in _public_parts(key).items() if name in {"crv", "kty", "x"}}
    canonical = json.dumps(required, separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def _public_jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    return _public_parts(key) | {"kid": key_id(key), "use": "sig", "alg": "EdDSA"}


def _public_parts(key: Ed25519PrivateKey) -> dict[str, str]:
    """Return the members of RFC 8037 that make up an Ed25519 public key."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(public)}


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _write(path: Path, content: object) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
