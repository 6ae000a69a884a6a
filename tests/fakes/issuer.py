"""An identity provider whose tokens a test's server trusts."""

import json
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ISSUER = "https://issuer.test"
AUDIENCE = "outreach"


_SERVICES = ("audience", "delivery", "reporting")


class Issuer:
    """Signs tokens with one key; any claim can be overridden, and None leaves it out.

    `service` makes it the identity key of one of our services, which signs for `service:<that>` alone.
    """

    def __init__(
        self, key: Any = None, *, key_id: str = "issuer", algorithm: str = "EdDSA", service: str | None = None
    ) -> None:
        self.key = key or Ed25519PrivateKey.generate()
        self.key_id = key_id
        self.service = service
        self._algorithm = algorithm

    def token(self, **claims: Any) -> str:
        """Return a token; by default for the scope `echo.read` on the channel `acme`."""
        now = int(time.time())
        usual = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "user:test",
            "iat": now,
            "exp": now + 3600,
            "scope": "echo.read",
            "channels": ["acme"],
        }
        kept = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return jwt.encode(kept, self.key, algorithm=self._algorithm, headers={"kid": self.key_id})

    def public_jwk(self) -> dict[str, Any]:
        """Return the member of a key set that verifies the tokens."""
        algorithm = jwt.get_algorithm_by_name(self._algorithm)
        document = json.loads(algorithm.to_jwk(self.key.public_key()))
        named = {} if self.service is None else {"outreach_service": self.service}
        return {**document, "kid": self.key_id, "use": "sig", "alg": self._algorithm, **named}


class Trusted(Issuer):
    """An issuer beside the identities of our services: a token whose `sub` is a service's is signed by that service."""

    def __init__(self) -> None:
        super().__init__()
        self.identities = {service: Issuer(key_id=f"{service}-identity", service=service) for service in _SERVICES}

    def token(self, **claims: Any) -> str:
        """Return a token, signed by whom its subject asks for."""
        kind, _, service = str(claims.get("sub")).partition(":")
        if kind == "service":
            return self.identities[service].token(**claims)
        return super().token(**claims)

    def public_jwks(self) -> list[dict[str, Any]]:
        """Return the members of a key set that verify the tokens of all of them."""
        return [self.public_jwk(), *(identity.public_jwk() for identity in self.identities.values())]


def write_key_set(path: Path, *members: dict[str, Any]) -> Path:
    """Write a JSON Web Key Set."""
    path.write_text(json.dumps({"keys": members}))
    return path


def write_private_key(path: Path, key: Ed25519PrivateKey) -> Path:
    """Write a private key as PEM."""
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path
