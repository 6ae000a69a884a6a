"""Keys and tokens of one local stack."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deploy.local.keys import AUDIENCE, ISSUER, KeyFiles, TokenIssuer, key_id, write_key_files


@pytest.fixture
def issuer() -> TokenIssuer:
    """Give an issuer with a key of its own."""
    return TokenIssuer()


@pytest.fixture
def files(tmp_path: Path, issuer: TokenIssuer) -> KeyFiles:
    """Give the files of a stack with two services."""
    return write_key_files(tmp_path, issuer=issuer, services=["audience", "delivery"])


def _verify(token: str, jwks: Path) -> dict[str, object]:
    keys = jwt.PyJWKSet.from_json(jwks.read_text())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, object] = jwt.decode(token, key, algorithms=["EdDSA"], audience=AUDIENCE, issuer=ISSUER)
    return claims


def test_a_token_verifies_against_the_key_set(issuer: TokenIssuer, files: KeyFiles) -> None:
    """Services accept the token by the key set alone, and read subject, scopes and channels from it."""
    token = issuer.issue_token("user:mio", scopes=["campaign.read", "campaign.send"], channels=["acme"])
    claims = _verify(token, files.jwks)

    assert claims["sub"] == "user:mio"
    assert claims["scope"] == "campaign.read campaign.send"
    assert claims["channels"] == ["acme"]


def test_a_token_without_channels_is_good_for_all(issuer: TokenIssuer, files: KeyFiles) -> None:
    """The claim is then `*` (architecture 9)."""
    claims = _verify(issuer.issue_token("user:mio", scopes=[]), files.jwks)

    assert claims["channels"] == "*"


def test_a_token_can_have_expired(issuer: TokenIssuer, files: KeyFiles) -> None:
    """Tests of bad input need an expired token."""
    token = issuer.issue_token("user:mio", scopes=[], lifetime=timedelta(seconds=-1))

    with pytest.raises(jwt.ExpiredSignatureError):
        _verify(token, files.jwks)


def test_each_service_can_sign_for_itself(files: KeyFiles) -> None:
    """The key set holds the public half of each identity, under the id that its owner derives from the key."""
    for path in files.identities.values():
        key = load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(key, Ed25519PrivateKey)
        claims = {"sub": "service:x", "iss": ISSUER, "aud": AUDIENCE}
        token = jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": key_id(key)})

        assert _verify(token, files.jwks)["sub"] == "service:x"


def test_a_service_key_names_its_service(issuer: TokenIssuer, files: KeyFiles) -> None:
    """Each identity is bound to its service in the key set; the issuer's key is bound to none."""
    members = {member["kid"]: member.get("outreach_service") for member in json.loads(files.jwks.read_text())["keys"]}
    identities = {}
    for service, path in files.identities.items():
        key = load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(key, Ed25519PrivateKey)
        identities[key_id(key)] = service

    assert members == {key_id(issuer.key): None, **identities}


def test_a_key_id_is_the_thumbprint_of_rfc_8037() -> None:
    """The example of RFC 8037, appendix A.3."""
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")

    assert key_id(Ed25519PrivateKey.from_private_bytes(seed)) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_credential_key_is_256_bits_and_marked_current(files: KeyFiles) -> None:
    """The key that encrypts channel credentials fits AES-256-GCM."""
    document = json.loads(files.credentials.read_text())

    assert len(base64.b64decode(document["keys"][document["current"]])) == 32


def test_nobody_else_can_read_the_files(files: KeyFiles) -> None:
    """Private keys are readable for their owner only."""
    modes = {path.stat().st_mode & 0o777 for path in (files.jwks, files.credentials, *files.identities.values())}

    assert modes == {0o600}


def test_the_issuer_does_not_show_its_key(issuer: TokenIssuer) -> None:
    """A printed or logged issuer holds nothing secret."""
    assert repr(issuer) == "TokenIssuer()"
