"""Channel access tokens: the stateless kind, issued by channel id and secret (LP 2)."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox.line.endpoint import answer_error
from sandbox.line.errors import LineError
from sandbox.line.model import Channel
from sandbox.line.platform import Line

STATELESS_LIFE = 900
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def issue_stateless(line: Line) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler of `POST /oauth2/v3/token` (LP 2.2, failures 2.4)."""

    async def handle(request: web.Request) -> web.Response:
        form = dict(parse_qsl((await request.read()).decode("utf-8", "replace")))
        line.settle()
        try:
            channel = _authenticate(line, form)
        except LineError as error:
            return answer_error(error)
        token = line.issue_token(channel, seconds=STATELESS_LIFE)
        return web.json_response({"access_token": token, "expires_in": STATELESS_LIFE, "token_type": "Bearer"})

    return handle


def _authenticate(line: Line, form: Mapping[str, str]) -> Channel:
    if form.get("grant_type") != "client_credentials":
        raise _invalid("Invalid 'grant_type'.")
    if form.get("client_assertion_type") == ASSERTION_TYPE:
        # No assertion key can be registered with this stand-in yet, so none satisfies.
        raise LineError(404, "Cannot find channel key that satisfies the conditions")
    channel = line.channels.get(form.get("client_id", ""))
    if channel is None or channel.secret != form.get("client_secret"):
        raise _invalid("Invalid 'client_credentials'.")
    return channel


def _invalid(description: str) -> LineError:
    return LineError(400, description, body={"error": "invalid_request", "error_description": description})
