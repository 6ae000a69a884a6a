"""OAuth of the HubSpot stand-in: codes, refresh, life of tokens, refusals (HS 2.2, HS 12)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from hubspot import HubSpot as OfficialClient
from hubspot.crm.contacts.exceptions import ForbiddenException as ContactsForbiddenException
from hubspot.crm.lists.exceptions import UnauthorizedException
from hypothesis import given
from hypothesis import strategies as st

from sandbox.hubspot.settings import HubSpotSettings
from tests.contract.sandbox.hubspot.conftest import Shop
from tests.contract.sandbox.hubspot.serving import UNLIMITED, RunningHubSpot, serve_hubspot

REDIRECT = "https://app.example.test/oauth"
CLIENT = {"client_id": "client-1", "client_secret": "secret-1"}
TOKEN_PATHS = ["/oauth/v1/token", "/oauth/v3/token", "/oauth/2026-03/token", "/oauth/2026-09/token"]


class Developer:
    """A developer's app on the stand-in, by plain HTTP."""

    def __init__(self, http: aiohttp.ClientSession, hub_id: int) -> None:
        self.http = http
        self.hub_id = hub_id

    async def control(self, path: str, **body: Any) -> Any:
        """Call the control face of OAuth."""
        async with self.http.post(f"/_control/hubspot/oauth/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def install(self, **more: Any) -> str:
        """Install the app and return the code of the redirect."""
        installed = await self.control("installations", client_id="client-1", hub_id=self.hub_id, **more)
        return str(installed["code"])

    async def ask(self, path: str = TOKEN_PATHS[0], **form: str) -> tuple[int, Any]:
        """Post a form as the app."""
        async with self.http.post(path, data={**CLIENT, **form}) as answer:
            return answer.status, await answer.json()

    async def redeem(self, code: str, **more: str) -> tuple[int, Any]:
        """Exchange a code."""
        return await self.ask(grant_type="authorization_code", code=code, **{"redirect_uri": REDIRECT, **more})

    async def get_tokens(self, **more: Any) -> Any:
        """Install, and return the tokens."""
        _, tokens = await self.redeem(await self.install(**more))
        return tokens


@pytest.fixture
async def developer(shop: Shop) -> AsyncIterator[Developer]:
    """Register an app."""
    async with aiohttp.ClientSession(shop.running.url) as http:
        developer = Developer(http, shop.account.hub_id)
        await developer.control("clients", **CLIENT, app_id=77, redirect_uri=REDIRECT)
        yield developer


async def test_tokens_for_a_code(developer: Developer) -> None:
    """A code is good once, and gives an access token of 30 minutes and a refresh token."""
    code = await developer.install()
    status, tokens = await developer.redeem(code)
    again, refused = await developer.redeem(code)

    assert (status, tokens["expires_in"], tokens["token_type"]) == (200, 1800, "bearer")
    assert tokens["hub_id"] == developer.hub_id
    assert (again, refused["status"]) == (400, "BAD_AUTH_CODE")


async def test_codes_expire(shop: Shop, developer: Developer) -> None:
    """A code that nobody redeems is worth nothing later."""
    code = await developer.install()
    shop.running.clock.advance(601)
    status, _ = await developer.redeem(code)

    assert status == 400


@pytest.mark.parametrize("path", TOKEN_PATHS)
async def test_refresh(developer: Developer, path: str) -> None:
    """A refresh answers a new access token and the same refresh token, on every version's path."""
    first = await developer.get_tokens()
    status, second = await developer.ask(path, grant_type="refresh_token", refresh_token=first["refresh_token"])

    assert status == 200
    assert second["refresh_token"] == first["refresh_token"]
    assert second["access_token"] != first["access_token"]


async def test_create_by_refresh_token(shop: Shop, developer: Developer) -> None:
    """`oauth.tokens_api.create` gets a model (HS 12)."""
    first = await developer.get_tokens()
    client = OfficialClient(host=shop.running.url)
    answer = await asyncio.to_thread(
        client.oauth.tokens_api.create,
        grant_type="refresh_token",
        refresh_token=first["refresh_token"],
        **CLIENT,
    )

    assert (answer.expires_in, answer.token_type, answer.refresh_token) == (1800, "bearer", first["refresh_token"])


async def test_token_information(shop: Shop, developer: Developer) -> None:
    """`access_tokens_api.get`, `refresh_tokens_api.get` and `.archive` answer as HS 12 says."""
    tokens = await developer.get_tokens(scopes=["crm.lists.read"])
    client = OfficialClient(host=shop.running.url)
    access = await asyncio.to_thread(client.oauth.access_tokens_api.get, tokens["access_token"])
    refresh = await asyncio.to_thread(client.oauth.refresh_tokens_api.get, tokens["refresh_token"])
    await asyncio.to_thread(client.oauth.refresh_tokens_api.archive, tokens["refresh_token"])
    status, refused = await developer.ask(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    still = await asyncio.to_thread(client.oauth.access_tokens_api.get, tokens["access_token"])

    assert (access.hub_id, access.app_id, access.scopes) == (developer.hub_id, 77, ["crm.lists.read"])
    assert (refresh.client_id, refresh.token) == ("client-1", tokens["refresh_token"])
    assert (status, refused["error"], refused["status"]) == (400, "invalid_grant", "BAD_REFRESH_TOKEN")
    assert still.expires_in == 1800


async def test_an_access_token_opens_the_api_until_it_expires(shop: Shop, developer: Developer) -> None:
    """A token opens the API for 1,800 s, within its scopes, and not a second longer."""
    tokens = await developer.get_tokens(scopes=["crm.lists.read"])
    client = OfficialClient(access_token=tokens["access_token"], host=shop.running.url)
    lists = await asyncio.to_thread(client.crm.lists.lists_api.get_by_id, "1")
    with pytest.raises(ContactsForbiddenException):
        await asyncio.to_thread(client.crm.contacts.basic_api.get_page)
    shop.running.clock.advance(1799)
    await asyncio.to_thread(client.crm.lists.lists_api.get_by_id, "1")
    shop.running.clock.advance(1)
    with pytest.raises(UnauthorizedException):
        await asyncio.to_thread(client.crm.lists.lists_api.get_by_id, "1")

    assert lists.list.list_id == "1"


async def test_an_account_that_is_gone(developer: Developer) -> None:
    """A refresh for an account that is gone is a 400 BAD_HUB, and its access tokens open nothing."""
    tokens = await developer.get_tokens()
    await developer.control("grants", refresh_token=tokens["refresh_token"], state="hub_gone")
    status, refused = await developer.ask(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    async with developer.http.get("/crm/v3/lists/1", headers=headers) as answer:
        opened = answer.status

    assert (status, refused["error"], refused["status"]) == (400, "access_denied", "BAD_HUB")
    assert opened == 401


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"client_id": "x"}, "BAD_CLIENT_ID"),
        ({"client_secret": "x"}, "BAD_CLIENT_SECRET"),
        ({"grant_type": "password"}, "BAD_GRANT_TYPE"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "BAD_REFRESH_TOKEN"),
        ({"grant_type": "authorization_code", "code": "x", "redirect_uri": REDIRECT}, "BAD_AUTH_CODE"),
    ],
)
async def test_refusals(developer: Developer, form: dict[str, str], status: str) -> None:
    """A refused token call is a 400 of four fields, which say who has to act."""
    code, refused = await developer.ask(**form)

    assert (code, refused["status"]) == (400, status)
    assert {"error", "error_description", "message"} <= refused.keys()


@pytest.mark.parametrize(("path", "status"), [*((path, 200) for path in TOKEN_PATHS[:3]), (TOKEN_PATHS[3], 400)])
async def test_client_credentials(developer: Developer, path: str, status: int) -> None:
    """An app's own token, which belongs to no account, is issued on all versions but 2026-09."""
    code, answer = await developer.ask(path, grant_type="client_credentials", scope="developer.webhooks_journal.read")

    assert code == status
    assert "refresh_token" not in answer


async def test_introspection(shop: Shop, developer: Developer) -> None:
    """A live token is described, an expired or unknown one is only said to be inactive."""
    tokens = await developer.get_tokens()
    path = "/oauth/v3/token/introspect"
    _, access = await developer.ask(path, token=tokens["access_token"], token_type_hint="access_token")
    _, refresh = await developer.ask(path, token=tokens["refresh_token"])
    shop.running.clock.advance(1800)
    _, expired = await developer.ask(path, token=tokens["access_token"])

    assert (access["active"], access["hub_id"], access["expires_in"]) == (True, developer.hub_id, 1800)
    assert refresh["token_use"] == "refresh_token"
    assert expired == {"active": False}


async def test_authorize(developer: Developer) -> None:
    """The consent page's stand-in installs at once and redirects with code and state."""
    query = {"client_id": "client-1", "redirect_uri": REDIRECT, "scope": "crm.lists.read", "state": "s 1"}
    async with developer.http.get("/oauth/authorize", params=query, allow_redirects=False) as answer:
        target = urlsplit(answer.headers["Location"])
    found = parse_qs(target.query)
    status, tokens = await developer.redeem(found["code"][0])

    assert f"{target.scheme}://{target.netloc}{target.path}" == REDIRECT
    assert found["state"] == ["s 1"]
    assert (status, tokens["scopes"]) == (200, ["crm.lists.read"])


async def test_oauth_apps_have_limits_of_their_own() -> None:
    """An OAuth app may call 110 times in 10 s and no day limit holds for it (HS 4.1)."""
    settings = HubSpotSettings(day_limit=1, search_limit=None)
    async with serve_hubspot(settings) as running, aiohttp.ClientSession(running.url) as http:
        running.hubspot.open_account("pat")
        developer = Developer(http, next(iter(running.hubspot.accounts)))
        await developer.control("clients", **CLIENT, app_id=77, redirect_uri=REDIRECT)
        headers = {"Authorization": f"Bearer {(await developer.get_tokens())['access_token']}"}
        statuses = []
        for _ in range(111):
            async with http.get("/crm/v3/lists/", headers=headers) as answer:
                statuses.append(answer.status)

    assert statuses == [200] * 110 + [429]


@given(
    form=st.dictionaries(st.sampled_from(["grant_type", "code", "token", "client_id", "scope"]), st.text(max_size=9))
)
async def test_random_forms(form: dict[str, str]) -> None:
    """No form makes an OAuth call fail by itself."""
    async with serve_hubspot(UNLIMITED) as running:
        statuses = [await post(running, path, form) for path in (*TOKEN_PATHS, "/oauth/v3/token/introspect")]

    assert set(statuses) <= {200, 400}


async def post(running: RunningHubSpot, path: str, form: dict[str, str]) -> int:
    """Post a form and return the status."""
    async with aiohttp.ClientSession(running.url) as http, http.post(path, data=form) as answer:
        return answer.status
