"""Who the channel's OA is (LP 6.4)."""

from dataclasses import dataclass

from lineapi.fields import Fields
from lineapi.transport import LOOKUP_ATTEMPTS, LOOKUP_TIMEOUT, Call, LINETransport


@dataclass(frozen=True, slots=True)
class BotInfo:
    """The OA behind a token. `user_id` is the bot's own id, the `destination` of its webhooks (LP 8.3)."""

    user_id: str
    basic_id: str
    premium_id: str | None
    display_name: str
    picture_url: str | None
    chat_mode: str
    mark_as_read_mode: str


class BotAPI:
    """`GET /v2/bot/info` (LP 6.4)."""

    def __init__(self, transport: LINETransport) -> None:
        self._transport = transport

    async def get_info(self, token: str, *, within: float = LOOKUP_TIMEOUT) -> BotInfo:
        """Get the OA's ids, name and modes."""
        call = Call(method="GET", path="/v2/bot/info", token=token, within=within, attempts=LOOKUP_ATTEMPTS)
        return await self._transport.ask(call, _read_info)


def _read_info(answer: Fields) -> BotInfo:
    return BotInfo(
        user_id=answer.read_text("userId"),
        basic_id=answer.read_text("basicId"),
        premium_id=answer.find_text("premiumId"),
        display_name=answer.read_text("displayName"),
        picture_url=answer.find_text("pictureUrl"),
        chat_mode=answer.read_text("chatMode"),
        mark_as_read_mode=answer.read_text("markAsReadMode"),
    )
