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


class Issuer:
    """Signs tokens with one key; any claim can be overridden, and None leaves it out."""

    def __init__(self, key: Any = None, *, key_id: str = "issuer", algorithm: str = "EdDSA") -> None:
        self.key = key or Ed25519PrivateKey.generate()
        self.key_id = key_id
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
        return {**document, "kid": self.key_id, "use": "sig", "alg": self._algorithm}


def write_key_set(path: Path, *members: dict[str, Any]) -> Path:
    """Write a JSON Web Key Set."""
    path.write_text(json.dumps({"keys": members}))
    return path


def write_private_key(path: Path, key: Ed25519PrivateKey) -> Path:
    """Write a private key as PEM."""
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path
