"""Tests of the command as an operator runs it: its arguments, its output and its exit status."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach.delivery.v1.ledger_pb2 import LedgerState
from outreach_client.command.main import EXIT_BAD_ARGUMENTS, EXIT_FAILED
from tests.fakes.operated import FakeOutreach, serve_fake_outreach, to_stamp

RESTORED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
_SERVICES = Path(__file__).parents[4] / "services"


@pytest.fixture
async def outreach() -> AsyncIterator[FakeOutreach]:
    """Serve the services, with a ledger that was restored and one campaign that it has forgotten."""
    async with serve_fake_outreach() as outreach:
        outreach.state = LedgerState(fence_required=True, last_change_time=to_stamp(RESTORED))
        outreach.started = {"channels/acme": {"channels/acme/campaigns/may": RESTORED}}
        yield outreach


def describe(outreach: FakeOutreach) -> dict[str, str]:
    """Return the environment that says where the services are."""
    names = ("AUDIENCE", "DELIVERY", "REPORTING")
    return {"OUTREACH_TOKEN": "t", **{f"OUTREACH_{name}_ADDRESS": outreach.address for name in names}}


async def command(*arguments: str, environment: dict[str, str]) -> tuple[int | None, str, str]:
    """Run the command and return its exit status, output and complaints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "outreach_client", *arguments),
        env={"PYTHONPATH": str(_SERVICES), **environment},
        stdout=PIPE,
        stderr=PIPE,
    )
    output, complaints = await process.communicate()
    return process.returncode, output.decode(), complaints.decode()


async def test_fence(outreach: FakeOutreach) -> None:
    """Addresses and token come from the environment; what was done is told, and the status is 0."""
    status, output, complaints = await command("ledger", "fence", environment=describe(outreach))

    assert (status, complaints) == (0, "")
    assert output.endswith("The ledger takes orders again.\n")
    assert [list(call.campaigns) for call in outreach.fences] == [["channels/acme/campaigns/may"]]


async def test_options(outreach: FakeOutreach, tmp_path: Path) -> None:
    """Options do without an environment, and the moment of the restore is taken with its offset."""
    token = tmp_path / "token"
    token.write_text("t\n")
    address = outreach.address
    where = ("--audience", address, "--delivery", address, "--reporting", address, "--token-file", str(token))
    status, _, complaints = await command(
        "ledger", "fence", *where, "--restore-time", "2026-05-01T09:00:00+09:00", environment={}
    )

    assert (status, complaints) == (0, "")
    assert outreach.fences[0].restore_time.ToDatetime(UTC) == RESTORED.replace(hour=0)


async def test_state(outreach: FakeOutreach) -> None:
    """The state alone has no effect."""
    status, output, _ = await command("ledger", "state", environment=describe(outreach))

    assert (status, outreach.asked) == (0, ["GetLedgerState"])
    assert output.splitlines()[0] == "The ledger needs a fence."


async def test_token_that_ends_a_line(outreach: FakeOutreach) -> None:
    """A token of the environment that ends a line, as secret stores give it, is taken as one of a file is."""
    environment = describe(outreach) | {"OUTREACH_TOKEN": "t\n"}
    status, _, complaints = await command("ledger", "state", environment=environment)

    assert (status, complaints) == (0, "")


async def test_failed_call(outreach: FakeOutreach) -> None:
    """A call that fails is told in one line, without a traceback or the token, and the status is 1."""
    outreach.failing = "FenceLedger"
    status, _, complaints = await command("ledger", "fence", environment=describe(outreach))

    assert (status, complaints) == (EXIT_FAILED, "outreach: PERMISSION_DENIED PERMISSION_DENIED: No.\n")


@pytest.mark.parametrize(
    ("changes", "arguments", "complaint"),
    [
        ({"OUTREACH_TOKEN": ""}, (), "a token is needed"),
        ({"OUTREACH_TOKEN": "\n"}, (), "a token is needed"),
        ({"OUTREACH_TOKEN": "t\nu"}, (), "characters that no token has"),
        ({"OUTREACH_TOKEN": "\u0440"}, (), "characters that no token has"),
        ({"OUTREACH_TOKEN_FILE": "/nowhere"}, (), "can't be read from /nowhere"),
        ({"OUTREACH_CA_FILE": "/nowhere"}, (), "No such file"),
        ({"OUTREACH_DELIVERY_ADDRESS": "delivery.example:443"}, (), "plain text"),
        ({}, ("--restore-time", "yesterday"), "must be a time"),
        ({}, ("--restore-time", "2026-05-01T09:00:00"), "must say its offset"),
    ],
)
async def test_bad_arguments(
    outreach: FakeOutreach, changes: dict[str, str], arguments: tuple[str, ...], complaint: str
) -> None:
    """What can't be used is named, nothing is called, and the status is 2."""
    status, _, complaints = await command("ledger", "fence", *arguments, environment=describe(outreach) | changes)

    assert status == EXIT_BAD_ARGUMENTS
    assert complaint in complaints
    assert "Traceback" not in complaints
    assert outreach.asked == []


async def test_missing_address() -> None:
    """An address that nobody gives is asked for by its option and its variable."""
    status, _, complaints = await command("ledger", "fence", environment={"OUTREACH_TOKEN": "t"})

    assert status == EXIT_BAD_ARGUMENTS
    assert "--audience" in complaints
