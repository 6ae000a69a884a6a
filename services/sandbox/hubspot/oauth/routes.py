"""The OAuth calls: tokens for codes and refresh tokens, introspection, revocation (HS 2.2)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from sandbox.hubspot.errors import Failure, RequestRefusedError
from sandbox.hubspot.oauth.grants import AccessToken, Grant, OAuthClient
from sandbox.hubspot.state import HubSpot
from sandbox.hubspot.wire import reply, reply_failure

# The same user installs every app; HubSpot's own ids are numbers.
USER_ID = 2_001
_TOKEN_PATHS = ("/oauth/v1/token", "/oauth/v3/token", "/oauth/2026-03/token", "/oauth/2026-09/token")
_WITHOUT_CLIENT_CREDENTIALS = "/oauth/2026-09/token"
_INTROSPECTION = "/oauth/{version:v3|2026-03|2026-09}/token/introspect"

_Form = Mapping[str, str]
_Action = Callable[[HubSpot, web.Request, _Form], web.Response]


def routes(hubspot: HubSpot) -> list[web.RouteDef]:
    """Return the OAuth routes; none of them takes an Authorization header."""
    calls: list[tuple[str, str, _Action]] = [
        *(("POST", path, _issue) for path in _TOKEN_PATHS),
        ("POST", _INTROSPECTION, _introspect),
        ("GET", "/oauth/v1/access-tokens/{token}", _show_access_token),
        ("GET", "/oauth/v1/refresh-tokens/{token}", _show_refresh_token),
        ("DELETE", "/oauth/v1/refresh-tokens/{token}", _revoke),
        ("GET", "/oauth/authorize", _authorize),
    ]
    return [web.route(method, path, _serve(hubspot, action)) for method, path, action in calls]


def refuse_grant(error: str, status: str, message: str) -> RequestRefusedError:
    """Make the 400 with OAuth's four fields (HS 2.2)."""
    body = {"error": error, "error_description": message, "status": status, "message": message}
    return RequestRefusedError(Failure(400, body))


def _serve(hubspot: HubSpot, action: _Action) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        form = dict(parse_qsl((await request.read()).decode("utf-8", "replace"), keep_blank_values=True))
        try:
            return action(hubspot, request, form)
        except RequestRefusedError as refused:
            return reply_failure(refused.failure, hubspot)

    return handle


def _issue(hubspot: HubSpot, request: web.Request, form: _Form) -> web.Response:
    """Answer tokens for a code, a refresh token or a client's own credentials."""
    client = _authenticate(hubspot, form)
    match form.get("grant_type"):
        case "authorization_code":
            grant = _redeem(hubspot, client, form)
        case "refresh_token":
            grant = _find_refreshable(hubspot, client, form)
        case "client_credentials" if request.path != _WITHOUT_CLIENT_CREDENTIALS:
            grant = Grant(client, None, frozenset(form.get("scope", "").split()), "")
        case _:
            raise refuse_grant("unsupported_grant_type", "BAD_GRANT_TYPE", "unknown or unsupported grant type")
    token = hubspot.grants.issue(grant, hubspot.now(), seconds=hubspot.settings.oauth_token_seconds)
    return reply(_describe_issued(token, hubspot))


def _redeem(hubspot: HubSpot, client: OAuthClient, form: _Form) -> Grant:
    grant = hubspot.grants.redeem(form.get("code", ""), client, form.get("redirect_uri", ""), hubspot.now())
    if grant is None:
        raise refuse_grant("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code")
    return grant


def _find_refreshable(hubspot: HubSpot, client: OAuthClient, form: _Form) -> Grant:
    grant = hubspot.grants.find(form.get("refresh_token", ""))
    if grant is not None and grant.client is client and grant.state == "hub_gone":
        raise refuse_grant("access_denied", "BAD_HUB", "the account is gone")
    if grant is None or grant.client is not client or grant.state != "alive":
        raise refuse_grant("invalid_grant", "BAD_REFRESH_TOKEN", "missing or invalid refresh token")
    return grant


def _introspect(hubspot: HubSpot, _: web.Request, form: _Form) -> web.Response:
    """Answer what a token is good for; whatever is not valid is `{"active": false}`."""
    client = _authenticate(hubspot, form)
    text = form.get("token", "")
    token, grant = hubspot.grants.find_access(text, hubspot.now()), hubspot.grants.find(text)
    if token is not None and token.grant.client is client:
        return reply(_describe_active(token.grant, "access_token") | {"expires_in": token.expires_in(hubspot.now())})
    if grant is not None and grant.client is client and grant.state == "alive":
        return reply(_describe_active(grant, "refresh_token"))
    return reply({"active": False})


def _show_access_token(hubspot: HubSpot, request: web.Request, _: _Form) -> web.Response:
    """Answer an access token's account and scopes; a bad one is a 400 like a bad grant (text unconfirmed)."""
    token = hubspot.grants.find_access(request.match_info["token"], hubspot.now())
    if token is None or token.grant.account is None:
        raise refuse_grant("invalid_grant", "BAD_ACCESS_TOKEN", "missing or invalid access token")
    grant = token.grant
    return reply(
        _describe_owner(grant)
        | {
            "token": token.text,
            "token_type": "access",
            "app_id": grant.client.app_id,
            "expires_in": token.expires_in(hubspot.now()),
        }
    )


def _show_refresh_token(hubspot: HubSpot, request: web.Request, _: _Form) -> web.Response:
    """Answer a refresh token's account, client and scopes."""
    grant = hubspot.grants.find(request.match_info["token"])
    if grant is None or grant.state != "alive":
        raise refuse_grant("invalid_grant", "BAD_REFRESH_TOKEN", "missing or invalid refresh token")
    shown = {"token": grant.refresh_token, "token_type": "refresh", "client_id": grant.client.client_id}
    return reply(_describe_owner(grant) | shown)


def _revoke(hubspot: HubSpot, request: web.Request, _: _Form) -> web.Response:
    """Revoke a refresh token; access tokens of it stay alive (OA1), and an unknown one is no error."""
    grant = hubspot.grants.find(request.match_info["token"])
    if grant is not None and grant.state == "alive":
        grant.state = "revoked"
    return web.Response(status=204)


def _authorize(hubspot: HubSpot, request: web.Request, _: _Form) -> web.Response:
    """Stand in for the consent page: install in the first account at once, and redirect with the code."""
    query = request.query
    client = hubspot.grants.client(query.get("client_id", ""))
    if client is None or client.redirect_uri != query.get("redirect_uri"):
        raise refuse_grant("invalid_client", "BAD_CLIENT_ID", "missing or unknown client id or redirect URI")
    account = next(iter(hubspot.accounts.values()), None)
    if account is None:
        raise refuse_grant("access_denied", "BAD_HUB", "there is no account")
    scopes = f"{query.get('scope', '')} {query.get('optional_scope', '')}".split()
    code = hubspot.grants.install(client, account, set(scopes) & client.scopes, hubspot.now())
    answer = {"code": code} | ({"state": query["state"]} if "state" in query else {})
    joint = "&" if "?" in client.redirect_uri else "?"
    return web.Response(status=302, headers={"Location": f"{client.redirect_uri}{joint}{urlencode(answer)}"})


def _authenticate(hubspot: HubSpot, form: _Form) -> OAuthClient:
    client = hubspot.grants.client(form.get("client_id", ""))
    if client is None:
        raise refuse_grant("invalid_client", "BAD_CLIENT_ID", "missing or unknown client id")
    if client.client_secret != form.get("client_secret"):
        raise refuse_grant("invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret")
    return client


def _describe_issued(token: AccessToken, hubspot: HubSpot) -> dict[str, Any]:
    grant = token.grant
    shown: dict[str, Any] = {
        "access_token": token.text,
        "expires_in": int(hubspot.settings.oauth_token_seconds),
        "token_type": "bearer",
        "token_use": "access_token" if grant.account is not None else "client",
        "scopes": sorted(grant.scopes),
    }
    if grant.account is not None:
        shown |= {"refresh_token": grant.refresh_token, "hub_id": grant.account.hub_id, "user_id": USER_ID}
    return shown


def _describe_active(grant: Grant, use: str) -> dict[str, Any]:
    shown = {"active": True, "token_use": use, "client_id": grant.client.client_id, "scopes": sorted(grant.scopes)}
    return shown if grant.account is None else shown | {"hub_id": grant.account.hub_id, "user_id": USER_ID}


def _describe_owner(grant: Grant) -> dict[str, Any]:
    hub_id = 0 if grant.account is None else grant.account.hub_id
    return {
        "hub_id": hub_id,
        "user_id": USER_ID,
        "user": "owner@example.test",
        "hub_domain": f"hub-{hub_id}.example.test",
        "scopes": sorted(grant.scopes),
    }
