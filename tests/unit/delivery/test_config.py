"""Tests of the delivery service's settings."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from delivery.config import Settings
from kit.config import ConfigError, load
from tests.fakes.issuer import ISSUER, Issuer, write_key_set, write_private_key


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Give what the service needs to start."""
    return {
        "OUTREACH_DATABASE_URL": "postgresql+asyncpg://delivery@/delivery",
        "OUTREACH_AUDIENCE_ADDRESS": "127.0.0.1:7001",
        "OUTREACH_JWKS": str(write_key_set(tmp_path / "jwks.json", Issuer().public_jwk())),
        "OUTREACH_JWT_ISSUER": ISSUER,
        "OUTREACH_IDENTITY_KEY_FILE": str(write_private_key(tmp_path / "key.pem", Ed25519PrivateKey.generate())),
    }


def test_a_full_hour_may_go_at_once_unless_told_otherwise(environment: dict[str, str]) -> None:
    """LINE's bucket is not published: how much of it we count on is a setting (LP 1.6)."""
    told = load(Settings, {**environment, "OUTREACH_NARROWCAST_BURST": "5"})

    assert load(Settings, environment).narrowcast_burst == 60
    assert told.narrowcast_burst == 5


@pytest.mark.parametrize("burst", ["0", "61", "-1", "1.5", "many", "٣"])
def test_no_other_burst_makes_sense(environment: dict[str, str], burst: str) -> None:
    """Less than one call and more than an hour's calls stop the start."""
    with pytest.raises(ConfigError) as refused:
        load(Settings, {**environment, "OUTREACH_NARROWCAST_BURST": burst})

    assert refused.value.names == {"NARROWCAST_BURST"}
