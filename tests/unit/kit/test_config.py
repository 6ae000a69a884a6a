"""Settings from the environment."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kit.config import BaseSettings, ConfigError, Setting, load, url


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(BaseSettings):
    """A service with a setting of its own."""

    line_api_url: Annotated[str, Setting("Base URL of LINE's API.", url)] = "https://api.line.me"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Give the settings that have no default."""
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [{"kty": "OKP"}]}))
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "identity.pem").write_bytes(key)
    return {
        "OUTREACH_DATABASE_URL": "postgresql+asyncpg://postgres@/audience?host=/run/pg",
        "OUTREACH_JWKS": str(tmp_path / "jwks.json"),
        "OUTREACH_JWT_ISSUER": "https://issuer.test",
        "OUTREACH_IDENTITY_KEY_FILE": str(tmp_path / "identity.pem"),
    }


def test_defaults(environ: dict[str, str]) -> None:
    """What has a usable default need not be set, and an empty variable counts as not set."""
    settings = load(Settings, {**environ, "OUTREACH_LISTEN": "", "PATH": "/bin"})

    assert settings.listen == "127.0.0.1:0"
    assert settings.roles == {"serve", "work"}
    assert settings.line_api_url == "https://api.line.me"
    assert settings.clock_file is None


def test_values(environ: dict[str, str], tmp_path: Path) -> None:
    """Values arrive in the types of their settings."""
    (tmp_path / "clock.json").write_text('{"offset_seconds": 5}')
    changes = {
        "OUTREACH_ROLES": "work",
        "OUTREACH_SHUTDOWN_GRACE": "2.5",
        "OUTREACH_LINE_API_URL": "http://127.0.0.1:8080/",
        "OUTREACH_CLOCK_FILE": str(tmp_path / "clock.json"),
        "OUTREACH_LISTEN": "[::1]:8080",
    }
    settings = load(Settings, {**environ, **changes})

    assert settings.roles == {"work"}
    assert settings.shutdown_grace == timedelta(seconds=2.5)
    assert settings.line_api_url == "http://127.0.0.1:8080"
    assert settings.clock_file == tmp_path / "clock.json"
    assert settings.listeners == ("[::1]:8080",)


def test_missing() -> None:
    """All missing settings are named at once."""
    with pytest.raises(ConfigError) as caught:
        load(Settings, {})

    assert caught.value.names == {"DATABASE_URL", "JWKS", "JWT_ISSUER", "IDENTITY_KEY_FILE"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTEN", "8080"),
        ("LISTEN", "127.0.0.1:http"),
        ("LISTEN", "127.0.0.1:70000"),
        ("LISTEN", "0.0.0.0:8080"),
        ("LISTEN", "[::]:8080"),
        ("LISTEN", "outreach.example:8080"),
        ("DATABASE_URL", "postgres"),
        ("DATABASE_URL", "postgresql://outreach@db/delivery"),
        ("NATS_URL", "http://nats:4222"),
        ("ROLES", "serve;work"),
        ("ROLES", "sleep"),
        ("JWKS", "http://issuer.test/jwks"),
        ("JWKS", "/nowhere"),
        ("IDENTITY_KEY_FILE", "/nowhere"),
        ("TLS_CERT_FILE", "/nowhere"),
        ("OTLP_ENDPOINT", "collector"),
        ("CLOCK_FILE", "/nowhere"),
        ("SHUTDOWN_GRACE", "-3"),
        ("SHUTDOWN_GRACE", "nan"),
        ("SHUTDOWN_GRACE", "soon"),
        ("LINE_API_URL", "api.line.me"),
    ],
)
def test_bad_values(environ: dict[str, str], name: str, value: str) -> None:
    """A bad value is refused by the name of its setting, and not shown."""
    with pytest.raises(ConfigError) as caught:
        load(Settings, {**environ, f"OUTREACH_{name}": value})

    assert caught.value.names == {name}
    assert value not in str(caught.value)


def test_bad_files(environ: dict[str, str], tmp_path: Path) -> None:
    """Files of another kind are refused at start, not at the first call."""
    other = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "other.pem").write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "text").write_text("[]")
    text = str(tmp_path / "text")
    for name, value in [
        ("JWKS", text),
        ("IDENTITY_KEY_FILE", text),
        ("IDENTITY_KEY_FILE", str(tmp_path / "other.pem")),
        ("CLOCK_FILE", text),
        ("TLS_CERT_FILE", text),
    ]:
        with pytest.raises(ConfigError) as caught:
            load(Settings, {**environ, f"OUTREACH_{name}": value})

        assert caught.value.names == {name}


def test_incomplete_tls(environ: dict[str, str], tmp_path: Path) -> None:
    """TLS settings that need another one are refused without it."""
    (tmp_path / "text").write_text("x")
    for name in ("TLS_KEY_FILE", "TLS_CLIENT_CA_FILE"):
        with pytest.raises(ConfigError) as caught:
            load(Settings, {**environ, f"OUTREACH_{name}": str(tmp_path / "text")})

        assert caught.value.names == {name}


def test_moved_time_is_local(environ: dict[str, str], tmp_path: Path) -> None:
    """Business time can't be moved where others can reach the service (architecture 10)."""
    (tmp_path / "clock.json").write_text('{"offset_seconds": 5}')
    changes = {"OUTREACH_CLOCK_FILE": str(tmp_path / "clock.json"), "OUTREACH_LISTEN": "0.0.0.0:8080"}

    with pytest.raises(ConfigError) as caught:
        load(Settings, {**environ, **changes})

    assert "CLOCK_FILE" in caught.value.names
