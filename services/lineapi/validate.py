"""LINE's own check of message objects (LP 4.1)."""

from collections.abc import Mapping, Sequence
from typing import Any

from lineapi.transport import LOOKUP_ATTEMPTS, LOOKUP_TIMEOUT, Call, LINETransport, encode_json


class ValidateAPI:
    """`POST /v2/bot/message/validate/…`, 2,000/s; it has no effect, so it may be repeated."""

    def __init__(self, transport: LINETransport) -> None:
        self._transport = transport

    async def validate_narrowcast(
        self, token: str, messages: Sequence[Mapping[str, Any]], *, within: float = LOOKUP_TIMEOUT
    ) -> None:
        """Ask LINE whether it would take these message objects in a narrowcast; recipients and limit are not checked.

        Raises:
            InvalidRequestError: LINE would not; `details` names each property, as in `messages[0].text`.
            LINEError: any other outcome; nothing is known about the messages then.

        """
        call = Call(
            method="POST",
            path="/v2/bot/message/validate/narrowcast",
            token=token,
            body=encode_json({"messages": list(messages)}),
            within=within,
            attempts=LOOKUP_ATTEMPTS,
        )
        # The answer of a success has no content to read.
        await self._transport.ask(call, lambda _: None)
