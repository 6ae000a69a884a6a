"""The environment of every process of the local stack (settings: architecture 10)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.keys import AUDIENCE, ISSUER, KeyFiles

SERVICES = ("audience", "delivery", "reporting")
"""In the order of who asks whom: delivery calls audience, reporting calls delivery."""

SOURCE = Path(__file__).resolve().parents[2] / "services"
"""The source root: `python -m audience` finds its package there."""

_PREFIX = "OUTREACH_"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the services find around them."""

    addresses: Mapping[str, str]
    """`host:port` of each service's gRPC, keyed by service name."""
    database_urls: Mapping[str, str]
    """SQLAlchemy URL of each service's own database and role, keyed by service name."""
    nats_url: str
    sandbox_url: str
    """Stands in for the three hosts of LINE and HubSpot."""
    key_files: KeyFiles
    clock_file: Path
    source: Path
    """The source root that the services are started from."""
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Further settings, keyed by service name and then by their own name without `OUTREACH_`."""


def service_environment(service: str, surroundings: Surroundings, *, listen: str | None = None) -> dict[str, str]:
    """Return the complete environment of a service: ours, and those settings that the service has a use for.

    Secrets go to their owner only: the credential key and HubSpot to audience, LINE to audience and delivery.

    Args:
        service: its name.
        surroundings: what it finds around it.
        listen: `host:port` of a further replica; None: the service's own address.

    """
    vendors = {"LINE_API_URL": surroundings.sandbox_url, "LINE_DATA_URL": surroundings.sandbox_url}
    own: dict[str, dict[str, str]] = {
        "audience": vendors
        | {"HUBSPOT_URL": surroundings.sandbox_url, "KEYS_FILE": str(surroundings.key_files.credentials)},
        "delivery": vendors | {"AUDIENCE_ADDRESS": surroundings.addresses["audience"]},
        "reporting": {"DELIVERY_ADDRESS": surroundings.addresses["delivery"]},
    }
    common = {
        "LISTEN": listen or surroundings.addresses[service],
        "DATABASE_URL": surroundings.database_urls[service],
        "NATS_URL": surroundings.nats_url,
        "ROLES": "serve,work",
        "JWKS": str(surroundings.key_files.jwks),
        "JWT_ISSUER": ISSUER,
        "JWT_AUDIENCE": AUDIENCE,
        "IDENTITY_KEY_FILE": str(surroundings.key_files.identities[service]),
        "CLOCK_FILE": str(surroundings.clock_file),
    }
    settings = common | own[service] | dict(surroundings.settings.get(service, {}))
    return base_environment(surroundings.source) | {_PREFIX + name: value for name, value in settings.items()}


def base_environment(source: Path) -> dict[str, str]:
    """Return our environment with the source root on the path, without OUTREACH_ settings of the caller's.

    Everything here is on loopback, so a proxy that the caller has configured must not see it.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
    return inherited | {
        "PYTHONPATH": str(source),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
