"""Tokens of the sandbox's demo channel, for delivery's side of LINE without an audience service."""

from datetime import timedelta

from delivery.adapters.line_tokens import LineToken
from kit.clock import machine_now
from lineapi.client import LINEClient
from sandbox.world import CHANNEL_ID, CHANNEL_SECRET


class SandboxIssuer:
    """Issues tokens of the demo channel, for an hour of machine time that LINE's clock outruns."""

    def __init__(self, client: LINEClient) -> None:
        self._client = client

    async def issue(self, _channel: str) -> LineToken:
        """See `TokenIssuer`."""
        token = await self._client.tokens.issue_stateless(
            client_id=CHANNEL_ID, client_secret=CHANNEL_SECRET, now=machine_now()
        )
        return LineToken(token.value, machine_now() + timedelta(hours=1))
