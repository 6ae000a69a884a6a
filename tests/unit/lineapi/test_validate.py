"""LINE's check of message objects."""

import json

import pytest

from lineapi.client import LINEClient
from lineapi.errors import ErrorDetail, InvalidRequestError
from tests.unit.lineapi.stub_line import StubLINE, drop, reply

_MESSAGES = [{"type": "text", "text": "あ"}]


async def test_valid(client: LINEClient, stub: StubLINE) -> None:
    """Valid messages pass without a result; a lost answer is asked for again, since nothing is sent."""
    stub.will(drop, reply(200))

    await client.validate.validate_narrowcast("token", _MESSAGES)

    assert stub.received[1].path == "/v2/bot/message/validate/narrowcast"
    assert json.loads(stub.received[1].body) == {"messages": _MESSAGES}


async def test_invalid(client: LINEClient, stub: StubLINE) -> None:
    """Each finding of LINE keeps its property."""
    finding = {"message": "May not be empty", "property": "messages[0].text"}
    stub.will(reply(400, {"message": "The request body has 1 error(s)", "details": [finding]}))

    with pytest.raises(InvalidRequestError) as caught:
        await client.validate.validate_narrowcast("token", [{"type": "text", "text": ""}])

    assert caught.value.details == (ErrorDetail("May not be empty", "messages[0].text"),)
    assert "messages[0]" not in str(caught.value)
