"""The OA behind a token."""

from lineapi.bot import BotInfo
from lineapi.client import LINEClient
from tests.unit.lineapi.stub_line import StubLINE, reply


async def test_info(client: LINEClient, stub: StubLINE) -> None:
    """All fields are read; premium id and picture may be absent."""
    stub.will(
        reply(
            200,
            {
                "userId": "Ub9952f8abcdef0123456789abcdef01",
                "basicId": "@216ru",
                "displayName": "Example",
                "chatMode": "bot",
                "markAsReadMode": "manual",
            },
        )
    )

    info = await client.bot.get_info("token")

    assert stub.received[0].path == "/v2/bot/info"
    assert info == BotInfo("Ub9952f8abcdef0123456789abcdef01", "@216ru", None, "Example", None, "bot", "manual")
