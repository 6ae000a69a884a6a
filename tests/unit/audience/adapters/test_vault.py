"""Credentials at rest (requirement N5)."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from audience.adapters.vault import AesGcmVault, Keys, VaultError, read_keys
from audience.application.ports import SealedCredentials
from audience.domain.channels import Credentials

SECRETS = Credentials("line-secret", "hubspot-token")
OLD, NEW = bytes(32), bytes(range(32))


def test_round_trip() -> None:
    """An envelope opens for its channel, and shows nothing of what is in it."""
    vault = AesGcmVault(Keys("new", {"new": NEW}))
    sealed = vault.seal("channels/acme", SECRETS)

    assert vault.open("channels/acme", sealed) == SECRETS
    assert b"secret" not in sealed.envelope
    assert sealed != vault.seal("channels/acme", SECRETS)
    assert "secret" not in repr(SECRETS)


def test_rotation() -> None:
    """An envelope of an older key opens as long as that key is there."""
    sealed = AesGcmVault(Keys("old", {"old": OLD})).seal("channels/acme", SECRETS)

    assert AesGcmVault(Keys("new", {"old": OLD, "new": NEW})).open("channels/acme", sealed) == SECRETS
    with pytest.raises(VaultError):
        AesGcmVault(Keys("new", {"new": NEW})).open("channels/acme", sealed)


def test_wrong_envelopes() -> None:
    """An envelope of another channel, and one that was changed, do not open."""
    vault = AesGcmVault(Keys("new", {"new": NEW}))
    sealed = vault.seal("channels/acme", SECRETS)
    changed = SealedCredentials(sealed.envelope[:-1] + bytes([sealed.envelope[-1] ^ 1]))

    with pytest.raises(VaultError):
        vault.open("channels/other", sealed)
    with pytest.raises(VaultError):
        vault.open("channels/acme", changed)


@pytest.mark.parametrize(
    "document",
    [
        "{",
        [],
        {"current": "k"},
        {"current": "k", "keys": {}},
        {"current": "k", "keys": {"k": "secret-text!"}},
        {"current": "k", "keys": {"k": base64.b64encode(b"short").decode()}},
    ],
)
def test_bad_keys_files(tmp_path: Path, document: Any) -> None:
    """A keys file that does not serve is refused without quoting it."""
    path = tmp_path / "keys.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    with pytest.raises(ValueError, match="the keys file") as refused:
        read_keys(path)

    assert "secret" not in str(refused.value)
