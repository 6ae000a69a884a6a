"""Control of OAuth: what a developer sets up and an account's owner does in HubSpot's own pages."""

from typing import Any, get_args

from aiohttp import web

from sandbox.control import ControlError, Document, MissingError, serve
from sandbox.hubspot.account import Account
from sandbox.hubspot.oauth.grants import GrantState, OAuthClient
from sandbox.hubspot.state import ALL_SCOPES, HubSpot

_ROOT = "/_control/hubspot/oauth"


def routes(hubspot: HubSpot) -> list[web.RouteDef]:
    """Return the control routes of OAuth."""
    face = _Control(hubspot)
    return [
        web.post(_ROOT + "/clients", serve(face.register)),
        web.post(_ROOT + "/installations", serve(face.install)),
        web.post(_ROOT + "/grants", serve(face.change_grant)),
    ]


class _Control:
    """The handlers."""

    def __init__(self, hubspot: HubSpot) -> None:
        self._hubspot = hubspot

    def register(self, document: Document) -> Any:
        """Take `client_id`, `client_secret`, `app_id`, `redirect_uri`, and `scopes` (absent: all)."""
        client = OAuthClient(
            client_id=document.require("client_id", str),
            client_secret=document.require("client_secret", str),
            app_id=document.require("app_id", int),
            redirect_uri=document.require("redirect_uri", str),
            scopes=frozenset(document.read_strings("scopes") or ALL_SCOPES),
        )
        self._hubspot.grants.register(client)
        return {"client_id": client.client_id, "scopes": sorted(client.scopes)}

    def install(self, document: Document) -> Any:
        """Install the app of `client_id` in `hub_id` with `scopes` (absent: the app's); answer the code to redeem."""
        client = self._hubspot.grants.client(document.require("client_id", str))
        if client is None:
            raise MissingError("no such client")
        scopes = document.read_strings("scopes")
        granted = client.scopes if scopes is None else frozenset(scopes) & client.scopes
        code = self._hubspot.grants.install(client, self._account(document), granted, self._hubspot.now())
        return {"code": code, "redirect_uri": client.redirect_uri}

    def change_grant(self, document: Document) -> Any:
        """Let the grant of `refresh_token` be `alive`, `revoked`, or `hub_gone`: its account exists no more."""
        grant = self._hubspot.grants.find(document.require("refresh_token", str))
        if grant is None:
            raise MissingError("no such refresh token")
        state = document.require("state", str)
        if state not in get_args(GrantState):
            raise ControlError(f"state: one of {get_args(GrantState)}")
        grant.state = state
        return {"state": grant.state}

    def _account(self, document: Document) -> Account:
        account = self._hubspot.accounts.get(document.require("hub_id", int))
        if account is None:
            raise MissingError("no such account")
        return account
