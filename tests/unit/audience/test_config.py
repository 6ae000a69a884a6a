"""Settings that would be unsafe are refused at the start."""

import json
from pathlib import Path

import pytest

from audience.config import vault_keys_file
from kit.config import vendor_url


@pytest.mark.parametrize("text", ["https://api.line.me/", "http://127.0.0.1:8900", "http://[::1]:1"])
def test_vendor_urls(text: str) -> None:
    """Https is taken anywhere, plain http on loopback."""
    assert vendor_url(text) == text.rstrip("/")


@pytest.mark.parametrize("text", ["http://api.line.me", "http://10.0.0.1:80", "ftp://127.0.0.1:1", "api.line.me", ""])
def test_unsafe_vendor_urls(text: str) -> None:
    """Credentials don't travel in plain text."""
    with pytest.raises(ValueError, match="must"):
        vendor_url(text)


def test_keys_file(tmp_path: Path) -> None:
    """A keys file that can't be used stops the service at once."""
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"current": "k1", "keys": {}}))
    with pytest.raises(ValueError, match="keys"):
        vault_keys_file(str(path))
