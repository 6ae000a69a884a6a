"""What is not known is waited for: it neither sends nor refuses (architecture 5)."""

from datetime import timedelta

import pytest

from delivery.domain.campaigns.campaign import CampaignState
from delivery.domain.policy.facts import AudienceFacts, ContactListFacts
from delivery.domain.sending.values import WaitReason
from tests.integration.delivery.handling import Delivery
from tests.strategies.policy import make_audience, make_list


@pytest.mark.parametrize(
    "unknown",
    [make_audience(jobs_unfinished=None), make_audience(state=None), make_list(state=None)],
    ids=["jobs", "state", "list"],
)
async def test_a_row_waits_for_what_is_not_known(delivery: Delivery, unknown: AudienceFacts | ContactListFacts) -> None:
    """A fact that became unknown after the order postpones the send, which goes out once it is known again."""
    name = await delivery.create()
    await delivery.order(name)
    delivery.facts.put(unknown)
    await delivery.dispatch()
    waiting = (await delivery.sight(name)).waiting
    called_meanwhile = bool(delivery.line.attempts)
    delivery.facts.put(make_audience(), make_list())
    delivery.clock.advance(timedelta(seconds=5))
    await delivery.dispatch()

    assert waiting is not None
    assert waiting.reason is WaitReason.FACTS_UNKNOWN
    assert not called_meanwhile
    assert (await delivery.get(name)).state is CampaignState.SENDING
    assert len(delivery.line.narrowcasts) == 1
