"""Credentials at rest: AES-256-GCM envelopes with key ids, so that keys rotate without downtime (requirement N5)."""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audience.application.ports import SealedCredentials
from audience.domain.channels import Credentials

NONCE_BYTES = 12
KEY_BYTES = 32


class VaultError(Exception):
    """An envelope can't be opened: its key is not in the keys file, or it was not sealed for this channel."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys by id, and the id of the one that seals."""

    current: str
    by_id: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"Keys(current={self.current!r}, …)"


def read_keys(path: Path) -> Keys:
    """Read `{"current": id, "keys": {id: base64 of 32 bytes}}`.

    Raises:
        ValueError: the file is not of that form; the message holds nothing of a key.

    """
    try:
        document = json.loads(path.read_text())
        by_id = {key_id: base64.b64decode(text, validate=True) for key_id, text in document["keys"].items()}
        current = document["current"]
    except (OSError, KeyError, TypeError, AttributeError, ValueError):
        raise ValueError("the keys file can't be read as {current, keys}") from None
    if current not in by_id or any(len(key) != KEY_BYTES for key in by_id.values()):
        raise ValueError("the keys file needs its current key, and keys of 32 bytes")
    return Keys(current, by_id)


class AesGcmVault:
    """`Vault` with a nonce for each envelope; the channel's name is authenticated, so envelopes can't be swapped."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def seal(self, channel: str, credentials: Credentials) -> SealedCredentials:
        """Encrypt with the current key."""
        nonce = os.urandom(NONCE_BYTES)
        plain = json.dumps([credentials.line_channel_secret, credentials.hubspot_access_token]).encode()
        sealed = AESGCM(self._keys.by_id[self._keys.current]).encrypt(nonce, plain, channel.encode())
        key_id = self._keys.current.encode()
        return SealedCredentials(bytes([len(key_id)]) + key_id + nonce + sealed)

    def open(self, channel: str, sealed: SealedCredentials) -> Credentials:
        """Decrypt with the key that the envelope names.

        Raises:
            VaultError: the key is unknown, or the envelope is of another channel or damaged.

        """
        key_end = 1 + sealed.envelope[0]
        key = self._keys.by_id.get(sealed.envelope[1:key_end].decode())
        if key is None:
            raise VaultError("the envelope's key is not in the keys file")
        nonce, ciphertext = sealed.envelope[key_end : key_end + NONCE_BYTES], sealed.envelope[key_end + NONCE_BYTES :]
        try:
            plain = AESGCM(key).decrypt(nonce, ciphertext, channel.encode())
        except InvalidTag:
            raise VaultError("the envelope is damaged or of another channel") from None
        return Credentials(*json.loads(plain))
