"""All routes of the LINE stand-in."""

from aiohttp import web

from sandbox.line import account, audiences, insight, messages, narrowcast, oauth, sends, uploads
from sandbox.line.endpoint import Endpoint, serve
from sandbox.line.platform import Line

ENDPOINTS: tuple[Endpoint, ...] = (
    *account.ENDPOINTS,
    # Fixed paths before `{number}`, which would catch them.
    *uploads.ENDPOINTS,
    *audiences.ENDPOINTS,
    *messages.ENDPOINTS,
    *narrowcast.ENDPOINTS,
    *sends.ENDPOINTS,
    *insight.ENDPOINTS,
)


def routes(line: Line) -> list[web.RouteDef]:
    """Return the vendor routes, to be mounted at the root."""
    found = [web.route(endpoint.method, endpoint.path, serve(line, endpoint)) for endpoint in ENDPOINTS]
    return [web.post("/oauth2/v3/token", oauth.issue_stateless(line)), *found]
