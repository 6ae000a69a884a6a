"""The operator's command against the running product."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local.stack import Stack

_SERVICES = Path(__file__).parents[2] / "services"


@pytest.fixture
def environment(stack: Stack) -> dict[str, str]:
    """Give where the services are, and an operator's token."""
    token = stack.token("user:operator", scopes=["platform.admin", "audience.read", "report.read"])
    addresses = {f"OUTREACH_{name.upper()}_ADDRESS": address for name, address in stack.addresses.items()}
    return {**os.environ, **addresses, "OUTREACH_TOKEN": token, "PYTHONPATH": str(_SERVICES)}


async def command(environment: dict[str, str], *arguments: str) -> tuple[int | None, list[str], str]:
    """Run the command and return its exit status, the lines of its output, and its complaints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "outreach_client", *arguments, env=environment, stdout=PIPE, stderr=PIPE
    )
    output, complaints = await process.communicate()
    return process.returncode, output.decode().splitlines(), complaints.decode()


@pytest.mark.usefixtures("world")
async def test_ledger_in_order(environment: dict[str, str]) -> None:
    """A ledger that was never restored needs no fence, and the command says so and leaves it alone."""
    state = await command(environment, "ledger", "state")
    fence = await command(environment, "ledger", "fence")

    assert (state[0], state[2]) == (fence[0], fence[2]) == (0, "")
    assert state[1][0] == "The ledger needs no fence."
    assert fence[1] == [*state[1], "Nothing to do."]


@pytest.mark.usefixtures("world")
async def test_needless_fence(environment: dict[str, str]) -> None:
    """A fence that nobody needed refuses no name that the ledger knows, and makes nothing uncertain."""
    since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    status, output, complaints = await command(environment, "ledger", "fence", "--restore-time", since)

    assert (status, complaints) == (0, "")
    assert any(line.startswith("channels/") for line in output)
    assert "Names that the ledger had forgotten and refuses from now on: 0." in output
    assert "Campaigns that became UNCERTAIN, for a person to decide: 0." in output
