"""What LINE counts about friends and messages (LP 6.4, 7.2). Null is not zero: it is always None here (LP 7.4)."""

from dataclasses import dataclass
from datetime import date

from lineapi.fields import Fields
from lineapi.jst import format_day
from lineapi.message_event import MessageEvent, read_message_event
from lineapi.transport import LOOKUP_TIMEOUT, Call, LINETransport


@dataclass(frozen=True, slots=True, kw_only=True)
class Followers:
    """Friends up to and including one Japanese day.

    The three counts are None unless `ready`.

    Attributes:
        status: `ready`, `unready` (takes about a day), `out_of_service`; open.
        followers: how often the OA was added for the first time; never goes down.
        targeted_reaches: users reachable by attributes, the figure of LP 4.5 T1.
        blocks: users blocking the OA.

    """

    status: str
    followers: int | None = None
    targeted_reaches: int | None = None
    blocks: int | None = None


class InsightAPI:
    """`/v2/bot/insight/…`, 60/h for each endpoint and channel: one attempt a call, for the caller owns that budget."""

    def __init__(self, transport: LINETransport) -> None:
        self._transport = transport

    async def get_followers(self, token: str, *, day: date, within: float = LOOKUP_TIMEOUT) -> Followers:
        """Get the friends as of a Japanese day; today is `unready`, ask for yesterday or before.

        Raises:
            LINEError: any outcome but success.

        """
        params = {"date": format_day(day)}
        call = Call(method="GET", path="/v2/bot/insight/followers", token=token, params=params, within=within)
        return await self._transport.ask(call, _read_followers)

    async def get_message_event(self, token: str, request_id: str, *, within: float = LOOKUP_TIMEOUT) -> MessageEvent:
        """Get the interactions with a narrowcast or broadcast. What LINE answers for an unknown id is not known.

        Raises:
            LINEError: any outcome but success.

        """
        params = {"requestId": request_id}
        call = Call(method="GET", path="/v2/bot/insight/message/event", token=token, params=params, within=within)
        return await self._transport.ask(call, read_message_event)


def _read_followers(answer: Fields) -> Followers:
    return Followers(
        status=answer.read_text("status"),
        followers=answer.find_count("followers"),
        targeted_reaches=answer.find_count("targetedReaches"),
        blocks=answer.find_count("blocks"),
    )
