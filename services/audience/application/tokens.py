"""Hands out LINE tokens to the delivery service; each issue is audited (architecture 1)."""

from audience.application.keyring import Keyring
from audience.application.ports import LineToken, Transaction
from kit.clock import Clock
from kit.store.ports import UnitOfWork


class Tokens:
    """Issues stateless channel access tokens."""

    def __init__(self, *, uow: UnitOfWork[Transaction], keyring: Keyring, clock: Clock) -> None:
        self._uow = uow
        self._keyring = keyring
        self._clock = clock

    async def issue(self, channel: str, *, caller: str) -> LineToken:
        """Issue a token of 15 minutes and record who got it.

        Raises:
            ChannelNotFound: there is no such channel.
            LineRefused: LINE does not take the credentials, or did not lately; `retry_after` says when to ask again.
            VendorUnavailable: LINE gave no answer.

        """
        async with self._keyring.line(channel) as token:
            async with self._uow() as tx:
                await tx.channels.record_token_issue(channel, caller=caller, issue_time=self._clock.now())
            return token
