"""One channel's work with a vendor that hangs takes no place from any other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from audience.application.keyring import CROWD_PAUSE, Keyring
from audience.domain.channels import Credentials
from audience.domain.errors import VendorUnavailable
from kit.bulkheads import Bulkheads
from tests.fakes.audience import LINE_SECRET
from tests.fakes.hubspot import TOKEN
from tests.unit.audience.application.conftest import ACME, World

BEE = "channels/bee"


async def test_a_crowded_channel_is_told_to_come_back(acme: World) -> None:
    """Beyond its places LINE is not asked for it, HubSpot is, and so is LINE for another channel."""
    acme.tx.channels.channels[BEE] = replace(acme.channel, name=BEE)
    acme.tx.channels.sealed[BEE] = acme.vault.seal(BEE, Credentials(LINE_SECRET, TOKEN))
    places = Bulkheads(most=1, patience=timedelta(0))
    keyring = Keyring(uow=acme.uow, line=acme.line, vault=acme.vault, clock=acme.clock, places=places)
    issued = acme.line.issue_count

    async with keyring.line(ACME):
        with pytest.raises(VendorUnavailable) as crowded:
            async with keyring.line(ACME):
                pytest.fail("there was no place")
        async with keyring.hubspot(ACME), keyring.line(BEE):
            pass

    assert crowded.value.retry_after == CROWD_PAUSE
    assert acme.line.issue_count == issued + 2
    async with keyring.line(ACME):
        pass
