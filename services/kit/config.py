"""Settings from the environment: one frozen dataclass per service, checked at start (ST 6.9, architecture 10).

A service's settings extend `BaseSettings`:

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Settings(BaseSettings):
        '''Settings of the audience service.'''

        line_api_url: Annotated[str, Setting("Base URL of LINE's API.", url)] = "https://api.line.me"
        keys_file: Annotated[Path, Setting("Keys that encrypt credentials at rest.", existing_file)]
"""

import dataclasses
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kit.addresses import is_loopback, split_address
from kit.clock import FileClock

PREFIX = "OUTREACH_"

SettingsT = TypeVar("SettingsT", bound="BaseSettings")

_LONGEST_SPAN_S = 86_400.0


class ConfigError(Exception):
    """Settings are bad or missing; the message names each one and never shows a value, which may be a secret."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{PREFIX}{name}: {problem}" for name, problem in problems.items()))
        self.names = frozenset(problems)


@dataclass(frozen=True, slots=True)
class Setting:
    """Describes a setting, inside `Annotated`; one without a default is required.

    `parse` makes the value of a text, and raises ValueError with what the text must be.
    """

    description: str
    parse: Callable[[str], Any] = str


def load(settings: type[SettingsT], environ: Mapping[str, str]) -> SettingsT:
    """Read settings from `OUTREACH_` variables; an empty one counts as missing.

    Raises:
        ConfigError: at least one is bad or missing; all of them are named.

    """
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    hints = get_type_hints(settings, include_extras=True)
    for field in dataclasses.fields(settings):
        name, (declared,) = field.name.upper(), hints[field.name].__metadata__
        text = environ.get(PREFIX + name, "")
        if text:
            try:
                values[field.name] = declared.parse(text)
            except ValueError as error:
                problems[name] = str(error)
        elif field.default is dataclasses.MISSING:
            problems[name] = f"is missing. {declared.description}"
    if problems:
        raise ConfigError(problems)
    return settings(**values)


def address(text: str) -> str:
    """Accept `host:port`."""
    split_address(text)
    return text


def url(text: str) -> str:
    """Accept an absolute URL; a slash at its end goes."""
    scheme, separator, rest = text.partition("://")
    if not scheme or not separator or not rest:
        raise ValueError("must be an absolute URL")
    return text.rstrip("/")


def postgresql_url(text: str) -> str:
    """Accept the SQLAlchemy URL of a PostgreSQL database for asyncpg."""
    return _url_of(text, "postgresql+asyncpg")


def bus_url(text: str) -> str:
    """Accept the URL of a NATS server."""
    return _url_of(text, "nats", "tls")


def _url_of(text: str, *schemes: str) -> str:
    url(text)
    if text.partition("://")[0] not in schemes:
        raise ValueError(f"must be a URL that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return text


def vendor_url(text: str) -> str:
    """Accept an https URL; plain http on loopback only, since credentials travel to it (requirement N5)."""
    base = url(text)
    parts = urlsplit(base)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.netloc)):
        return base
    raise ValueError("must be an https URL; http is for loopback")


def integer(*, lowest: int, highest: int) -> Callable[[str], int]:
    """Make the parser of a whole number, both ends included."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def existing_file(text: str) -> Path:
    """Accept the path of a file that can be read."""
    path = Path(text)
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise ValueError(f"must be a readable file ({error.strerror})") from error


def key_set(text: str) -> str:
    """Accept an https URL, or a file with a JSON Web Key Set; plain http would let anybody swap the keys."""
    if text.startswith("https://"):
        return text
    try:
        keys = json.loads(existing_file(text).read_bytes())["keys"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError("must be an https URL or a file that holds a JSON Web Key Set") from error
    if not keys:
        raise ValueError("must hold at least one key")
    return text


def private_key_file(text: str) -> Path:
    """Accept a file with an Ed25519 private key."""
    path = existing_file(text)
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("must be a PEM file without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("must hold an Ed25519 private key")  # noqa: TRY004 - a bad file, not a bug
    return path


def offset_file(text: str) -> Path:
    """Accept a file that holds the offset of business time."""
    path = existing_file(text)
    FileClock(path)
    return path


def seconds(text: str) -> timedelta:
    """Accept a positive number of seconds, at most a day."""
    try:
        number = float(text)
    except ValueError as error:
        raise ValueError("must be a number of seconds") from error
    if not 0 < number <= _LONGEST_SPAN_S:
        raise ValueError("must be more than 0 and at most 86400 seconds")
    return timedelta(seconds=number)


def role_set(text: str) -> frozenset[str]:
    """Accept `serve`, `work`, or both with a comma."""
    found = frozenset(part.strip() for part in text.split(","))
    if not found <= {"serve", "work"}:
        raise ValueError("must be serve, work, or serve,work")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSettings:
    """Settings that every service has."""

    listen: Annotated[str, Setting("Address of gRPC, host:port.", address)] = "127.0.0.1:0"
    database_url: Annotated[str, Setting("SQLAlchemy URL of the service's own PostgreSQL database.", postgresql_url)]
    nats_url: Annotated[str, Setting("URL of NATS.", bus_url)] = "nats://127.0.0.1:4222"
    roles: Annotated[frozenset[str], Setting("serve = answer RPCs, work = run in the background.", role_set)] = (
        frozenset({"serve", "work"})
    )
    jwks: Annotated[str, Setting("Keys of token issuers, a JSON Web Key Set: a file or an https URL.", key_set)]
    jwt_issuer: Annotated[str, Setting("The `iss` that tokens must have.")]
    jwt_audience: Annotated[str, Setting("The `aud` that tokens must have.")] = "outreach"
    identity_key_file: Annotated[Path, Setting("Ed25519 key that signs this service's tokens, PEM.", private_key_file)]
    tls_cert_file: Annotated[Path | None, Setting("Certificate chain of the server, PEM.", existing_file)] = None
    tls_key_file: Annotated[Path | None, Setting("Private key of the certificate, PEM.", existing_file)] = None
    tls_client_ca_file: Annotated[
        Path | None, Setting("Issuers of client certificates, PEM; set = a client must show one.", existing_file)
    ] = None
    otlp_endpoint: Annotated[str | None, Setting("Collector of traces and metrics; unset = none.", url)] = None
    clock_file: Annotated[Path | None, Setting("Offset of business time, for local stacks only.", offset_file)] = None
    shutdown_grace: Annotated[timedelta, Setting("Time to finish what runs after SIGTERM, seconds.", seconds)] = (
        timedelta(seconds=10)
    )

    def __post_init__(self) -> None:
        """Check what one setting means for another.

        Raises:
            ConfigError: a combination is unsafe.

        """
        problems: dict[str, str] = {}
        exposed = not all(is_loopback(listener) for listener in self.listeners)
        if self.tls_cert_file is None and self.tls_key_file is not None:
            problems["TLS_KEY_FILE"] = "needs OUTREACH_TLS_CERT_FILE"
        if self.tls_client_ca_file is not None and self.tls_cert_file is None:
            problems["TLS_CLIENT_CA_FILE"] = "needs OUTREACH_TLS_CERT_FILE"
        if self.tls_cert_file is not None and not _fits(self.tls_cert_file, self.tls_key_file):
            problems["TLS_CERT_FILE"] = "must hold a certificate chain whose key is in OUTREACH_TLS_KEY_FILE"
        if exposed and self.tls_cert_file is None:
            problems["LISTEN"] = "must be loopback without OUTREACH_TLS_CERT_FILE"
        if exposed and self.clock_file is not None:
            problems["CLOCK_FILE"] = "is refused unless all listeners are loopback"
        if problems:
            raise ConfigError(problems)

    @property
    def listeners(self) -> tuple[str, ...]:
        """Every address that the service listens on; a service with more of them extends this."""
        return (self.listen,)


def _fits(certificate: Path, key: Path | None) -> bool:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError):
        return False
    return key is not None
