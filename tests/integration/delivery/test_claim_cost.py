"""What a claim costs does not grow with what is stored (architecture 12)."""

import asyncio

import pytest

from deploy.local.postgres import PostgresServer
from tests.bench.claims import LARGEST_RATIO, MORE_CHANNELS, MORE_ROWS, World, compare


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("worlds", [MORE_ROWS, MORE_CHANNELS], ids=["rows", "channels"])
async def test_a_claim_costs_the_same_beside_much_else(
    postgres_server: PostgresServer, worlds: tuple[World, World]
) -> None:
    """At most 1.5 times as much with 1,000,000 scheduled rows as with 10,000, with 3,300 channels due as with 33."""
    compared = await asyncio.to_thread(compare, postgres_server, worlds, calls=200, rounds=5)

    assert compared.ratio <= LARGEST_RATIO
