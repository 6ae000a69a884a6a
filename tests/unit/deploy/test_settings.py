"""The environment that the local stack gives each service."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.keys import KeyFiles
from deploy.local.settings import SERVICES, Surroundings, service_environment


@pytest.fixture
def surroundings() -> Surroundings:
    """Give surroundings in which every value differs."""
    return Surroundings(
        addresses={service: f"address-of-{service}" for service in SERVICES},
        database_urls={service: f"database-of-{service}" for service in SERVICES},
        nats_url="nats",
        sandbox_url="sandbox",
        key_files=KeyFiles(
            jwks=Path("jwks"),
            credentials=Path("credentials"),
            identities={service: Path(f"identity-of-{service}") for service in SERVICES},
        ),
        clock_file=Path("clock"),
        source=Path("source"),
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_its_own_database_identity_and_address(service: str, surroundings: Surroundings) -> None:
    """Nobody reads another's database or signs as another (architecture 1)."""
    environment = service_environment(service, surroundings)

    assert environment["OUTREACH_LISTEN"] == f"address-of-{service}"
    assert environment["OUTREACH_DATABASE_URL"] == f"database-of-{service}"
    assert environment["OUTREACH_IDENTITY_KEY_FILE"] == f"identity-of-{service}"


def test_a_replica_differs_by_its_address_alone(surroundings: Surroundings) -> None:
    """Replicas share database and identity, as in production."""
    first, further = (service_environment("delivery", surroundings, listen=listen) for listen in (None, "elsewhere"))

    assert further == first | {"OUTREACH_LISTEN": "elsewhere"}


def test_further_settings_reach_their_service_alone(surroundings: Surroundings) -> None:
    """A test may set what the stack leaves at its default, of one service."""
    changed = replace(surroundings, settings={"delivery": {"ROLES": "serve", "OTHER": "1"}})
    delivery, reporting = (service_environment(service, changed) for service in ("delivery", "reporting"))

    assert (delivery["OUTREACH_ROLES"], delivery["OUTREACH_OTHER"]) == ("serve", "1")
    assert (reporting["OUTREACH_ROLES"], "OUTREACH_OTHER" in reporting) == ("serve,work", False)


def test_credential_keys_go_to_audience_only(surroundings: Surroundings) -> None:
    """Credentials are read in audience and nowhere else (N5)."""
    owners = [service for service in SERVICES if "OUTREACH_KEYS_FILE" in service_environment(service, surroundings)]

    assert owners == ["audience"]


def test_reporting_is_told_of_no_vendor(surroundings: Surroundings) -> None:
    """Reporting has no way to the Internet (architecture 1)."""
    assert "sandbox" not in service_environment("reporting", surroundings).values()


def test_settings_of_the_caller_do_not_leak_in(surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own OUTREACH_ variable does not change the stack."""
    monkeypatch.setenv("OUTREACH_OTLP_ENDPOINT", "http://elsewhere.invalid")

    assert "OUTREACH_OTLP_ENDPOINT" not in service_environment("delivery", surroundings)


def test_loopback_bypasses_a_proxy(surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests to the sandbox don't go through the proxy that the developer's network needs."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")

    assert "127.0.0.1" in service_environment("delivery", surroundings)["NO_PROXY"]
