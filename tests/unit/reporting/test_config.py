"""Tests of the reporting service's settings."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kit.config import ConfigError, load
from reporting.config import Settings
from tests.fakes.issuer import ISSUER, Issuer, write_key_set, write_private_key


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Give what the service needs to start."""
    return {
        "OUTREACH_DATABASE_URL": "postgresql+asyncpg://reporting@/reporting",
        "OUTREACH_DELIVERY_ADDRESS": "127.0.0.1:7002",
        "OUTREACH_JWKS": str(write_key_set(tmp_path / "jwks.json", Issuer().public_jwk())),
        "OUTREACH_JWT_ISSUER": ISSUER,
        "OUTREACH_IDENTITY_KEY_FILE": str(write_private_key(tmp_path / "key.pem", Ed25519PrivateKey.generate())),
    }


def test_settings(environment: dict[str, str]) -> None:
    """Where delivery is comes from the environment."""
    assert load(Settings, environment).delivery_address == "127.0.0.1:7002"


@pytest.mark.parametrize("address", ["", "delivery", "delivery:8443", "127.0.0.1:x"])
def test_bad_address(environment: dict[str, str], address: str) -> None:
    """A missing or malformed address, or one beyond this machine in plain text, stops the start."""
    with pytest.raises(ConfigError) as refused:
        load(Settings, {**environment, "OUTREACH_DELIVERY_ADDRESS": address})

    assert refused.value.names == {"DELIVERY_ADDRESS"}


def test_common_checks(environment: dict[str, str]) -> None:
    """What every service checks of its settings is checked here too."""
    with pytest.raises(ConfigError) as refused:
        load(Settings, {**environment, "OUTREACH_LISTEN": "0.0.0.0:8443"})

    assert refused.value.names == {"LISTEN"}
