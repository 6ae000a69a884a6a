"""The whole product, running: one stack for all end-to-end tests."""

from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.local.stack import Stack, run_stack
from deploy.local.story import beginning
from deploy.local.story.world import World, open_world


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Run all processes."""
    with run_stack() as stack:
        yield stack


@pytest.fixture(scope="session")
def registered() -> list[World]:
    """Hold the world once the channel is registered."""
    return []


@pytest.fixture
async def world(stack: Stack, registered: list[World]) -> AsyncIterator[World]:
    """Give stubs for a channel with its audiences and lists."""
    async with open_world(stack) as world:
        if registered:
            world.audience_names = registered[0].audience_names
            world.list_names = registered[0].list_names
        else:
            await beginning.register(world)
            registered.append(world)
        yield world
