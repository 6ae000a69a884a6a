"""Keys of token issuers."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit.errors import Unavailable
from kit.rpc.jwks import KeySet
from tests.fakes.issuer import Issuer, write_key_set


class Provider:
    """An identity provider's key set behind a URL."""

    def __init__(self, *members: dict[str, Any]) -> None:
        self.members = list(members)
        self.status = 200
        self.fetch_count = 0
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, _request: httpx.Request) -> httpx.Response:
        self.fetch_count += 1
        return httpx.Response(self.status, json={"keys": self.members})


async def test_url() -> None:
    """Keys behind a URL are fetched once and kept."""
    issuer = Issuer()
    provider = Provider(issuer.public_jwk())
    keys = KeySet("https://issuer.test/jwks", transport=provider.transport)
    found = [await keys.find(issuer.key_id) for _ in range(3)]

    assert all(key is not None for key in found)
    assert provider.fetch_count == 1


async def test_rotation() -> None:
    """A new key is found without a restart."""
    old, new = Issuer(key_id="old"), Issuer(key_id="new")
    provider = Provider(old.public_jwk())
    keys = KeySet("https://issuer.test/jwks", transport=provider.transport, cooldown_s=0)
    assert await keys.find("new") is None

    provider.members.append(new.public_jwk())

    assert await keys.find("new") is not None


async def test_invented_ids() -> None:
    """Tokens with invented key ids do not make us fetch the set each time."""
    provider = Provider(Issuer().public_jwk())
    keys = KeySet("https://issuer.test/jwks", transport=provider.transport)
    found = [await keys.find(f"invented-{number}") for number in range(20)]

    assert found == [None] * 20
    assert provider.fetch_count == 1


async def test_outage() -> None:
    """An issuer that can't be reached makes us unavailable at first, and later goes unnoticed."""
    issuer = Issuer()
    provider = Provider(issuer.public_jwk())
    provider.status = 500
    keys = KeySet("https://issuer.test/jwks", transport=provider.transport, cooldown_s=0)
    with pytest.raises(Unavailable):
        await keys.find(issuer.key_id)
    provider.status = 200
    assert await keys.find(issuer.key_id) is not None
    provider.status = 500

    assert await keys.find(issuer.key_id) is not None
    assert await keys.find("other") is None


async def test_useless_members(tmp_path: Path) -> None:
    """Keys that we can't use, or that are for encryption or HMAC, do not keep the others from being found."""
    issuer = Issuer()
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "secret", "alg": "HS256"}
    encryption = {**Issuer(key_id="encryption").public_jwk(), "use": "enc"}
    members: list[Any] = [None, {}, {"kty": "XYZ", "kid": "x"}, secret, encryption, issuer.public_jwk()]
    keys = KeySet(str(write_key_set(tmp_path / "jwks.json", *members)))

    assert await keys.find(issuer.key_id) is not None
    assert await keys.find("secret") is None
    assert await keys.find("encryption") is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"keys": {}}'])
async def test_no_key_set(tmp_path: Path, content: str) -> None:
    """A document of another kind is no key set."""
    (tmp_path / "jwks.json").write_text(content)

    with pytest.raises(Unavailable):
        await KeySet(str(tmp_path / "jwks.json")).find("issuer")


async def test_thumbprint_document(tmp_path: Path) -> None:
    """A file that was replaced is read again."""
    first, second = Issuer(key_id="first"), Issuer(key_id="second")
    path = write_key_set(tmp_path / "jwks.json", first.public_jwk())
    keys = KeySet(str(path), cooldown_s=0)
    assert await keys.find("first") is not None

    path.write_text(json.dumps({"keys": [second.public_jwk()]}))

    assert await keys.find("second") is not None
    assert await keys.find("first") is None
