"""The OAuth endpoints of LINE: issuing, verifying and revoking tokens (LP 2.2, failures 2.4)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox.line.endpoint import OTHERS, answer_error
from sandbox.line.errors import RATE_LIMITED, LineError
from sandbox.line.model import Channel
from sandbox.line.platform import Line
from sandbox.line.tokens.assertion import LONGEST_TOKEN_SECONDS, refuse_client
from sandbox.line.tokens.store import MOST_TOKENS, Token
from sandbox.rate import Limit

STATELESS_SECONDS = 900
SHORT_LIVED_SECONDS = 2_592_000
_ISSUE_SHORT_LIVED = Limit(370, 1)

_Form = Mapping[str, str]
_Answer = dict[str, Any] | None
_Action = Callable[[Line, _Form], _Answer]


def routes(line: Line) -> list[web.RouteDef]:
    """Return the OAuth routes; none of them takes an Authorization header."""
    return [web.route(method, path, _serve(line, method, action)) for method, path, action in _CALLS]


def _serve(line: Line, method: str, action: _Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        content = (await request.read()).decode("utf-8", "replace")
        form = dict(request.query) if method == "GET" else dict(parse_qsl(content))
        line.settle()
        try:
            answer = action(line, form)
        except LineError as error:
            return answer_error(error)
        # Revoking answers with an empty body (LP 1.4).
        return web.Response() if answer is None else web.json_response(answer)

    return handle


def _issue_stateless(line: Line, form: _Form) -> _Answer:
    _require_client_credentials(form)
    seconds = STATELESS_SECONDS
    if "client_assertion" in form or "client_assertion_type" in form:
        assertion = line.assertion_keys.verify(form, line.now())
        channel = assertion.channel
        if line.settings.stateless_honours_token_exp and assertion.token_seconds is not None:
            seconds = min(seconds, assertion.token_seconds)
    else:
        found = line.channels.get(form.get("client_id", ""))
        if found is None or found.secret != form.get("client_secret"):
            raise _invalid_request("Invalid 'client_credentials'.")
        channel = found
    _take_rate(line, channel, "POST /oauth2/v3/token", OTHERS)
    return _describe(line.tokens.issue("stateless", channel, now=line.now(), seconds=seconds), seconds)


def _issue_by_assertion(line: Line, form: _Form) -> _Answer:
    """Issue a v2.1 token; the 31st valid one is refused (LP 2.1)."""
    _require_client_credentials(form)
    assertion = line.assertion_keys.verify(form, line.now())
    channel, now = assertion.channel, line.now()
    _take_rate(line, channel, "POST /oauth2/v2.1/token", OTHERS)
    if len(line.tokens.valid(channel, "v2.1", now)) >= MOST_TOKENS:
        raise LineError(400, "The maximum number of access tokens has already been issued")
    seconds = assertion.token_seconds or LONGEST_TOKEN_SECONDS
    token = line.tokens.issue("v2.1", channel, now=now, seconds=seconds)
    return _describe(token, seconds) | {"key_id": token.key_id}


def _verify_by_assertion_token(line: Line, form: _Form) -> _Answer:
    """Describe a v2.1 token."""
    token = line.tokens.find(form.get("access_token", ""), kinds=("v2.1",))
    if token is None:
        raise _invalid_request("The access token not JWS")
    if not token.is_valid(line.now()):
        raise _invalid_request("The access token expired")
    return _describe_verified(line, token)


def _list_key_ids(line: Line, form: _Form) -> _Answer:
    """List the key ids of the channel's valid v2.1 tokens."""
    channel = line.assertion_keys.verify(form, line.now()).channel
    _take_rate(line, channel, "GET /oauth2/v2.1/tokens/kid", OTHERS)
    return {"kids": [token.key_id for token in line.tokens.valid(channel, "v2.1", line.now())]}


def _revoke_by_assertion_token(line: Line, form: _Form) -> _Answer:
    """Revoke a v2.1 token; an unknown one is no error."""
    channel = _authenticate(line, form)
    token = line.tokens.find(_require_token(form), kinds=("v2.1",))
    if token is not None and token.channel is channel:
        line.tokens.revoke(token)
    return None


def _issue_short_lived(line: Line, form: _Form) -> _Answer:
    """Issue a token of 30 days; the 31st revokes the oldest (LP 2.1)."""
    _require_client_credentials(form)
    channel, now = _authenticate(line, form), line.now()
    _take_rate(line, channel, "POST /v2/oauth/accessToken", _ISSUE_SHORT_LIVED)
    valid = line.tokens.valid(channel, "short_lived", now)
    for oldest in valid[: max(0, len(valid) + 1 - MOST_TOKENS)]:
        line.tokens.revoke(oldest)
    token = line.tokens.issue("short_lived", channel, now=now, seconds=SHORT_LIVED_SECONDS)
    return _describe(token, SHORT_LIVED_SECONDS)


def _verify(line: Line, form: _Form) -> _Answer:
    """Describe a short-lived or long-lived token."""
    token = line.tokens.find(form.get("access_token", ""), kinds=("short_lived", "long_lived"))
    if token is None or not token.is_valid(line.now()):
        raise _invalid_request("access_token invalid")
    return _describe_verified(line, token)


def _revoke(line: Line, form: _Form) -> _Answer:
    """Revoke a short-lived or long-lived token; an unknown one is no error."""
    token = line.tokens.find(_require_token(form), kinds=("short_lived", "long_lived"))
    if token is not None:
        line.tokens.revoke(token)
    return None


def _require_client_credentials(form: _Form) -> None:
    if form.get("grant_type") != "client_credentials":
        raise _invalid_request("Invalid 'grant_type'.")


def _require_token(form: _Form) -> str:
    text = form.get("access_token", "")
    if not text:
        raise _invalid_request("access_token invalid")
    return text


def _authenticate(line: Line, form: _Form) -> Channel:
    channel = line.channels.get(form.get("client_id", ""))
    if channel is None:
        raise refuse_client("invalid client_id")
    if channel.secret != form.get("client_secret"):
        raise refuse_client("invalid client_secret")
    return channel


def _take_rate(line: Line, channel: Channel, name: str, limit: Limit) -> None:
    if not line.take_rate(channel, name, limit):
        raise LineError(429, RATE_LIMITED)


def _invalid_request(description: str) -> LineError:
    return LineError(400, description, body={"error": "invalid_request", "error_description": description})


def _describe(token: Token, seconds: int) -> dict[str, Any]:
    return {"access_token": token.text, "expires_in": seconds, "token_type": "Bearer"}


def _describe_verified(line: Line, token: Token) -> dict[str, Any]:
    left = token.expires_in(line.now())
    shown: dict[str, Any] = {
        "client_id": token.channel.channel_id,
        "expires_in": line.settings.long_lived_expires_in if left is None else left,
    }
    return shown | ({"scope": line.settings.token_scope} if line.settings.token_scope is not None else {})


_CALLS: tuple[tuple[str, str, _Action], ...] = (
    ("POST", "/oauth2/v3/token", _issue_stateless),
    ("POST", "/oauth2/v2.1/token", _issue_by_assertion),
    ("GET", "/oauth2/v2.1/verify", _verify_by_assertion_token),
    ("GET", "/oauth2/v2.1/tokens/kid", _list_key_ids),
    ("POST", "/oauth2/v2.1/revoke", _revoke_by_assertion_token),
    ("POST", "/v2/oauth/accessToken", _issue_short_lived),
    ("POST", "/v2/oauth/verify", _verify),
    ("POST", "/v2/oauth/revoke", _revoke),
)
