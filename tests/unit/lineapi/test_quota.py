"""Quota and consumption of the month."""

import pytest

from lineapi.client import LINEClient
from lineapi.errors import MalformedAnswerError
from lineapi.quota import Quota
from tests.unit.lineapi.stub_line import StubLINE, reply


@pytest.mark.parametrize(
    ("answer", "quota"),
    [
        ({"type": "limited", "value": 1000}, Quota("limited", 1000)),
        ({"type": "none"}, Quota("none", None)),
        ({"type": "flexible", "value": 5}, Quota("flexible", 5)),
    ],
)
async def test_quota(client: LINEClient, stub: StubLINE, answer: dict[str, object], quota: Quota) -> None:
    """A limit, the absence of one, and a kind that LINE adds later all read."""
    stub.will(reply(200, answer))

    assert await client.quota.get("token") == quota


async def test_limit_needs_its_value(client: LINEClient, stub: StubLINE) -> None:
    """A limited quota without a number must not read as unlimited."""
    stub.will(reply(200, {"type": "limited"}))

    with pytest.raises(MalformedAnswerError):
        await client.quota.get("token")


async def test_consumption(client: LINEClient, stub: StubLINE) -> None:
    """Consumption is one number."""
    stub.will(reply(200, {"totalUsage": 500}))

    assert await client.quota.get_consumption("token") == 500
    assert stub.received[0].path == "/v2/bot/message/quota/consumption"
