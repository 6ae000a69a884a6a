"""OAuth clients of the stand-in and what they were granted: codes, refresh tokens, access tokens (HS 2.2)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from sandbox.hubspot.account import Account
from sandbox.hubspot.limits import RollingWindow

# OA1 asks for room for 512 characters; real ones are about this long.
_ACCESS_TOKEN_BYTES = 150
CODE_LIFE = timedelta(minutes=10)

GrantState = Literal["alive", "revoked", "hub_gone"]


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """An app that accounts install: what its developer configured."""

    client_id: str
    client_secret: str
    app_id: int
    redirect_uri: str
    scopes: frozenset[str]


@dataclass(slots=True)
class Grant:
    """One installation of a client in an account. Its refresh token stays the same; its burst window is its own."""

    client: OAuthClient
    account: Account | None
    scopes: frozenset[str]
    refresh_token: str
    state: GrantState = "alive"
    burst: RollingWindow = field(default_factory=RollingWindow)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token in use until `expires`."""

    text: str
    grant: Grant
    expires: datetime

    def expires_in(self, now: datetime) -> int:
        """Return whole seconds left, 0 or more."""
        return max(0, int((self.expires - now).total_seconds()))


@dataclass(frozen=True, slots=True)
class _Code:
    grant: Grant
    redirect_uri: str
    expires: datetime


class Grants:
    """Everything that was granted; tokens are drawn from the stand-in's seed."""

    def __init__(self, random: Callable[[], Random]) -> None:
        self._random = random
        self._clients: dict[str, OAuthClient] = {}
        self._codes: dict[str, _Code] = {}
        self._by_refresh_token: dict[str, Grant] = {}
        self._access_tokens: dict[str, AccessToken] = {}

    def register(self, client: OAuthClient) -> None:
        """Add a client, or replace the one of its id."""
        self._clients[client.client_id] = client

    def client(self, client_id: str) -> OAuthClient | None:
        """Return a client by its id."""
        return self._clients.get(client_id)

    def client_of_app(self, app_id: int) -> OAuthClient | None:
        """Return a client by the id of its app."""
        return next((client for client in self._clients.values() if client.app_id == app_id), None)

    def install(self, client: OAuthClient, account: Account, scopes: Iterable[str], now: datetime) -> str:
        """Install a client in an account as its user would, and return the code that its redirect carries."""
        grant = Grant(client, account, frozenset(scopes), self._draw(24))
        self._by_refresh_token[grant.refresh_token] = grant
        code = self._draw(16)
        self._codes[code] = _Code(grant, client.redirect_uri, now + CODE_LIFE)
        return code

    def redeem(self, code: str, client: OAuthClient, redirect_uri: str, now: datetime) -> Grant | None:
        """Return the grant of a code, which is used up then; None when it is not good for this client."""
        found = self._codes.get(code)
        if found is None or found.grant.client is not client or found.redirect_uri != redirect_uri:
            return None
        del self._codes[code]
        return found.grant if now < found.expires else None

    def find(self, refresh_token: str) -> Grant | None:
        """Return the grant of a refresh token, whatever became of it."""
        return self._by_refresh_token.get(refresh_token)

    def issue(self, grant: Grant, now: datetime, *, seconds: float) -> AccessToken:
        """Make an access token."""
        for old in [text for text, token in self._access_tokens.items() if token.expires <= now]:
            del self._access_tokens[old]
        token = AccessToken(self._draw(_ACCESS_TOKEN_BYTES), grant, now + timedelta(seconds=seconds))
        self._access_tokens[token.text] = token
        return token

    def find_access(self, text: str, now: datetime) -> AccessToken | None:
        """Return an access token that is valid now. It outlives its refresh token, but not its account (OA1)."""
        token = self._access_tokens.get(text)
        if token is None or now >= token.expires or token.grant.state == "hub_gone":
            return None
        return token

    def _draw(self, size: int) -> str:
        return self._random().randbytes(size).hex()
