"""The operator's command for dead letters, as a process of its own."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kit.events.dead_letters import DeadLetters
from kit.store.engine import Database
from tests.fakes.events import make_event
from tests.fakes.issuer import ISSUER, Issuer, write_key_set, write_private_key

_ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def environment(tmp_path: Path, kit_database_url: str) -> dict[str, str]:
    """Give the settings of the service beside."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
    return inherited | {
        "PYTHONPATH": f"{_ROOT / 'services'}:{Path(__file__).parent}",
        "OUTREACH_DATABASE_URL": kit_database_url,
        "OUTREACH_JWKS": str(write_key_set(tmp_path / "jwks.json", Issuer().public_jwk())),
        "OUTREACH_JWT_ISSUER": ISSUER,
        "OUTREACH_IDENTITY_KEY_FILE": str(write_private_key(tmp_path / "id.pem", Ed25519PrivateKey.generate())),
    }


async def run(environment: dict[str, str], *arguments: str) -> tuple[int | None, str]:
    """Run the command to its end; return its status and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kit.events.redrive", "redrivable", *arguments),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_list(database: Database, environment: dict[str, str]) -> None:
    """A list tells what is buried and why, without bodies, and changes nothing."""
    letters = DeadLetters(database)
    await letters.bury("reader", make_event(body=b'{"secret": 1}'), reason="BAD", attempt_count=3)

    status, output = await run(environment, "--list")

    (letter,) = await letters.find()
    event = letter.event
    assert status == 0
    assert output == f"{letter.id}\treader\t{event.type}\t{event.resource}\t3\tBAD\n"


async def test_redrive(database: Database, environment: dict[str, str]) -> None:
    """What can be handled leaves the table; what fails again stays, is named, and makes the command fail."""
    letters = DeadLetters(database)
    await letters.bury("reader", make_event(), reason="BAD", attempt_count=3)
    await letters.bury("reader", make_event(resource="channels/bad"), reason="BAD", attempt_count=3)

    status, output = await run(environment)

    (left,) = await letters.find()
    assert status == 1
    assert output == f"handled: 1, failed again: 1\nstill dead: {left.id}\n"
    assert left.reason == "STILL_BAD"


async def test_redrive_of_some(database: Database, environment: dict[str, str]) -> None:
    """Only the named ids are handled."""
    letters = DeadLetters(database)
    for _ in range(2):
        await letters.bury("reader", make_event(), reason="BAD", attempt_count=3)
    first, second = [letter.id for letter in await letters.find()]

    status, _ = await run(environment, str(second))

    assert status == 0
    assert [letter.id for letter in await letters.find()] == [first]


async def test_bad_settings(environment: dict[str, str]) -> None:
    """The command stops at bad settings like the service itself."""
    del environment["OUTREACH_DATABASE_URL"]

    status, _ = await run(environment)

    assert status == 78
