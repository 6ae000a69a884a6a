"""Stateless channel access tokens (LP 2): 15 minutes, unlimited in number, not revocable."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from lineapi.errors import InvalidCredentialsError, InvalidRequestError, UnauthorizedError
from lineapi.fields import FieldError, Fields
from lineapi.transport import LOOKUP_ATTEMPTS, LOOKUP_TIMEOUT, Call, LINETransport

_LONGEST_LIFETIME_S = 86_400  # LP 2.1 says 15 minutes; a longer one would still be used within its first


@dataclass(frozen=True, slots=True)
class StatelessToken:
    """A token and the moment from which LINE refuses it; `repr()` hides the value."""

    value: str = field(repr=False)
    expires_at: datetime


class TokensAPI:
    """`POST /oauth2/v3/token` (LP 2.2)."""

    def __init__(self, transport: LINETransport) -> None:
        self._transport = transport

    async def issue_stateless(
        self, *, client_id: str, client_secret: str, now: datetime, within: float = LOOKUP_TIMEOUT
    ) -> StatelessToken:
        """Issues a token for a channel.

        Args:
            client_id: the channel id.
            client_secret: the channel secret.
            now: the time before the call; the expiry counts from it and so errs on the early side.
            within: seconds for the whole call.

        Raises:
            InvalidCredentialsError: LINE does not know this pair. The form is fixed, so a 400 can mean nothing else.
            LINEError: any other outcome.

        """
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        call = Call(
            method="POST",
            path="/oauth2/v3/token",
            body=urlencode(form).encode(),
            content_type="application/x-www-form-urlencoded",
            within=within,
            attempts=LOOKUP_ATTEMPTS,
        )
        try:
            return await self._transport.ask(call, lambda answer: _read_token(answer, now))
        except (InvalidRequestError, UnauthorizedError) as refusal:
            raise InvalidCredentialsError(
                refusal.operation, status=refusal.status, request_id=refusal.request_id, message=refusal.message
            ) from None


def _read_token(answer: Fields, now: datetime) -> StatelessToken:
    lifetime, token = answer.read_count("expires_in"), answer.read_text("access_token")
    if lifetime > _LONGEST_LIFETIME_S:
        raise FieldError("answer.expires_in is not the lifetime of a stateless token")
    # It goes into a header.
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise FieldError("answer.access_token is not a token")
    return StatelessToken(value=token, expires_at=now + timedelta(seconds=lifetime))
