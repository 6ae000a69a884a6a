"""The HubSpot paths of the sandbox: authentication, limits and error answers around every endpoint."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from sandbox.hubspot.contacts import routes as contact_routes
from sandbox.hubspot.errors import RequestRefusedError, refuse_rate, refuse_scopes, refuse_token
from sandbox.hubspot.lists import routes as list_routes
from sandbox.hubspot.oauth import routes as oauth_routes
from sandbox.hubspot.preferences import routes as preference_routes
from sandbox.hubspot.properties import routes as property_routes
from sandbox.hubspot.settings import HubSpotSettings
from sandbox.hubspot.state import App, HubSpot
from sandbox.hubspot.webhooks import routes as webhook_routes
from sandbox.hubspot.wire import Call, Endpoint, reply_failure, reply_page

_ENDPOINTS = (
    *list_routes.ENDPOINTS,
    *contact_routes.ENDPOINTS,
    *property_routes.ENDPOINTS,
    *preference_routes.ENDPOINTS,
)
_OWN_PATHS = (
    "/crm/{rest:.*}",
    "/crm",
    "/oauth/{rest:.*}",
    "/communication-preferences/{rest:.*}",
    "/webhooks/{rest:.*}",
)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(hubspot: HubSpot) -> list[web.RouteDef]:
    """Return every route of the stand-in; whatever else lies under HubSpot's paths answers an HTML page (HS 3)."""
    found: list[web.RouteDef] = [*oauth_routes.routes(hubspot), *webhook_routes.routes(hubspot)]
    paths = dict.fromkeys(path for endpoint in _ENDPOINTS for path in endpoint.paths)
    # `/lists/search` comes before `/lists/{list_id}`, which would catch it.
    for path in sorted(paths, key=lambda path: path.count("{")):
        found += [
            web.route(endpoint.method, path, _serve(endpoint, hubspot))
            for endpoint in _ENDPOINTS
            if path in endpoint.paths
        ]
        found.append(web.route("*", path, _answer_page(405)))
    found += [web.route("*", path, _answer_page(404)) for path in _OWN_PATHS]
    return found


def _serve(endpoint: Endpoint, hubspot: HubSpot) -> _Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        now = hubspot.now()
        app: App | None = None
        try:
            app = _authenticate(request, hubspot)
            if endpoint.scope not in app.scopes:
                raise refuse_scopes([endpoint.scope])
            _count(app, endpoint, now, hubspot)
            response = await endpoint.handle(Call(request, hubspot, app.account, now))
        except RequestRefusedError as refused:
            response = reply_failure(refused.failure, hubspot)
        if app is not None and (not endpoint.search or hubspot.settings.rate_headers_on_search):
            response.headers.update(_rate_headers(app, now, hubspot))
        return response

    return handle


def _answer_page(status: int) -> _Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return reply_page(status)

    return handle


def _authenticate(request: web.Request, hubspot: HubSpot) -> App:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise refuse_token(hubspot.settings, absent=True)
    app = hubspot.app_of(token.strip())
    if app is None:
        raise refuse_token(hubspot.settings, absent=False)
    return app


def _count(app: App, endpoint: Endpoint, now: datetime, hubspot: HubSpot) -> None:
    """Count a request against its limits; a refused one is not counted."""
    settings = hubspot.settings
    offset = settings.account_utc_offset_hours
    day_limit, burst_limit = _limits_of(app, settings)
    day_left = day_limit is None or app.account.day.remaining(now, limit=day_limit, utc_offset_hours=offset)
    if not day_left:
        raise refuse_rate("DAILY", settings)
    if endpoint.search:
        if settings.search_limit is not None and not app.account.searches.take(
            now, limit=settings.search_limit, seconds=1.0
        ):
            raise refuse_rate("SECONDLY", settings)
    elif burst_limit is not None and not app.burst.take(now, limit=burst_limit, seconds=settings.burst_window_seconds):
        raise refuse_rate("TEN_SECONDLY_ROLLING", settings)
    if day_limit is not None:
        app.account.day.take(now, limit=day_limit, utc_offset_hours=offset)


def _limits_of(app: App, settings: HubSpotSettings) -> tuple[int | None, int | None]:
    """Return the limits of a day and of a burst; a day's figure does not apply to OAuth apps (HS 4.1)."""
    return (None, settings.oauth_burst_limit) if app.is_oauth else (settings.day_limit, settings.burst_limit)


def _rate_headers(app: App, now: datetime, hubspot: HubSpot) -> dict[str, str]:
    """Return the headers of HS 4.2; a limit that is switched off shows none."""
    settings = hubspot.settings
    day_limit, burst_limit = _limits_of(app, settings)
    headers: dict[str, str] = {}
    if burst_limit is not None:
        left = app.burst.remaining(now, limit=burst_limit, seconds=settings.burst_window_seconds)
        headers |= {
            "X-HubSpot-RateLimit-Max": str(burst_limit),
            "X-HubSpot-RateLimit-Remaining": str(left),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(settings.burst_window_seconds * 1000)),
        }
    if day_limit is not None:
        left = app.account.day.remaining(now, limit=day_limit, utc_offset_hours=settings.account_utc_offset_hours)
        headers |= {
            "X-HubSpot-RateLimit-Daily": str(day_limit),
            "X-HubSpot-RateLimit-Daily-Remaining": str(left),
        }
    return headers
