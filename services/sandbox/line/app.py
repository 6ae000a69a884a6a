"""All routes of the LINE stand-in."""

from aiohttp import web

from sandbox.line.account import info
from sandbox.line.audiences import files, reading, retargeting, uploads
from sandbox.line.endpoint import Endpoint, serve
from sandbox.line.insight import aggregation, daily, demographic, followers, message_event
from sandbox.line.messages import checks
from sandbox.line.people import friends, profiles
from sandbox.line.platform import Line
from sandbox.line.sending import direct, narrowcast, reply
from sandbox.line.tokens import routes as tokens
from sandbox.line.webhooks import routes as webhooks

ENDPOINTS: tuple[Endpoint, ...] = (
    *info.ENDPOINTS,
    # Fixed paths before `{number}`, which would catch them.
    *uploads.ENDPOINTS,
    *files.ENDPOINTS,
    *retargeting.ENDPOINTS,
    *reading.ENDPOINTS,
    *checks.ENDPOINTS,
    *narrowcast.ENDPOINTS,
    *direct.ENDPOINTS,
    *reply.ENDPOINTS,
    *message_event.ENDPOINTS,
    *aggregation.ENDPOINTS,
    *daily.ENDPOINTS,
    *followers.ENDPOINTS,
    *demographic.ENDPOINTS,
    *friends.ENDPOINTS,
    *profiles.ENDPOINTS,
    *webhooks.ENDPOINTS,
)


def routes(line: Line) -> list[web.RouteDef]:
    """Return the vendor routes, to be mounted at the root."""
    found = [web.route(endpoint.method, endpoint.path, serve(line, endpoint)) for endpoint in ENDPOINTS]
    return [*tokens.routes(line), *found]
