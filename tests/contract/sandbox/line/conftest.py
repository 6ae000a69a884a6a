"""An empty world with one official account, on a clock that stands still."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.app import start
from sandbox.clock import Clock
from sandbox.settings import Settings
from tests.contract.sandbox.line.driver import CHANNEL_ID, SECRET, START, OfficialAccount
from tests.contract.sandbox.line.receiver import Receiver, listen, set_endpoint


@pytest.fixture
async def oa() -> AsyncIterator[OfficialAccount]:
    """Give one OA without friends and without a quota limit."""
    clock = Clock()
    clock.run_at(0)
    clock.move_to(START)
    sandbox = await start(Settings(world="empty"), clock=clock)
    async with aiohttp.ClientSession() as http:
        account = OfficialAccount(sandbox, http)
        await account.control("POST", "/line/channels", channel_id=CHANNEL_ID, secret=SECRET)
        yield account
    await sandbox.aclose()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Give a webhook endpoint that answers 200."""
    async with listen() as running:
        yield running


@pytest.fixture
async def bot(oa: OfficialAccount, receiver: Receiver) -> OfficialAccount:
    """Give the OA with the receiver as its endpoint."""
    await set_endpoint(oa, receiver.url)
    return oa
