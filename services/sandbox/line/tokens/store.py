"""Channel access tokens of every kind: how long they live, how many there may be, how they end (LP 2.1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from sandbox.line.model import Channel

Kind = Literal["stateless", "v2.1", "short_lived", "long_lived"]

# At most so many of a kind are valid per channel; expired ones do not count.
MOST_TOKENS = 30
# An expired token is told from an unknown one for as long as the longest life.
_REMEMBERED = timedelta(days=31)


@dataclass(slots=True)
class Token:
    """One token; `expires` None means never. `key_id` names a v2.1 token without giving it away."""

    text: str
    kind: Kind
    channel: Channel
    expires: datetime | None
    key_id: str

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens the API."""
        return self.expires is None or now < self.expires

    def expires_in(self, now: datetime) -> int | None:
        """Return the whole seconds it has left; None: unlimited."""
        return None if self.expires is None else max(0, int((self.expires - now).total_seconds()))


class TokenStore:
    """All tokens that were issued and not revoked, in order of issue."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._tokens: dict[str, Token] = {}

    def issue(self, kind: Kind, channel: Channel, *, now: datetime, seconds: float | None) -> Token:
        """Make a token that lives so long; None: for ever."""
        self._forget(now)
        expires = None if seconds is None else now + timedelta(seconds=seconds)
        key_id = f"{self._random.getrandbits(128):032x}"
        token = Token(f"{self._random.getrandbits(512):0128x}", kind, channel, expires, key_id)
        self._tokens[token.text] = token
        return token

    def find(self, text: str, *, kinds: tuple[Kind, ...]) -> Token | None:
        """Return a token of one of these kinds, expired or not."""
        token = self._tokens.get(text)
        return token if token is not None and token.kind in kinds else None

    def find_valid(self, text: str, now: datetime) -> Token | None:
        """Return a token that opens the API now."""
        token = self._tokens.get(text)
        return token if token is not None and token.is_valid(now) else None

    def valid(self, channel: Channel, kind: Kind, now: datetime) -> list[Token]:
        """Return a channel's valid tokens of a kind, oldest first."""
        return [token for token in self._of(channel, kind) if token.is_valid(now)]

    def revoke(self, token: Token) -> None:
        """End a token at once."""
        self._tokens.pop(token.text, None)

    def _of(self, channel: Channel, kind: Kind) -> Iterator[Token]:
        return (token for token in self._tokens.values() if token.channel is channel and token.kind == kind)

    def _forget(self, now: datetime) -> None:
        # Stateless tokens come in thousands and nobody asks for an expired one.
        old = [
            token
            for token in self._tokens.values()
            if token.expires is not None
            and now >= token.expires + (timedelta() if token.kind == "stateless" else _REMEMBERED)
        ]
        for token in old:
            self.revoke(token)
