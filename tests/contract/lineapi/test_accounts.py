"""Tokens, the OA, its quota and its friends, against the sandbox."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from lineapi.client import LINEClient
from lineapi.errors import ErrorDetail, InvalidCredentialsError, InvalidRequestError, UnauthorizedError
from lineapi.quota import Quota
from sandbox.app import RunningSandbox
from sandbox.faults import Fault
from sandbox.world import BOT_USER_ID, CHANNEL_ID, CHANNEL_SECRET, QUOTA


async def test_token_lives_until_it_says(client: LINEClient, sandbox: RunningSandbox) -> None:
    """A token works up to its expiry and not from it on."""
    clock = sandbox.state.clock
    token = await client.tokens.issue_stateless(client_id=CHANNEL_ID, client_secret=CHANNEL_SECRET, now=clock.now())

    clock.move_to(token.expires_at - timedelta(seconds=1))
    await client.bot.get_info(token.value)
    clock.move_to(token.expires_at)

    with pytest.raises(UnauthorizedError):
        await client.bot.get_info(token.value)


@pytest.mark.parametrize(("client_id", "secret"), [(CHANNEL_ID, "wrong"), ("1", CHANNEL_SECRET), ("", "")])
async def test_wrong_credentials(client: LINEClient, sandbox: RunningSandbox, client_id: str, secret: str) -> None:
    """A pair that LINE does not know is told as such."""
    with pytest.raises(InvalidCredentialsError):
        await client.tokens.issue_stateless(client_id=client_id, client_secret=secret, now=sandbox.state.clock.now())


async def test_bot_info(client: LINEClient, token: str) -> None:
    """The OA behind the token is known by its bot user id and name."""
    info = await client.bot.get_info(token)

    assert (info.user_id, info.display_name) == (BOT_USER_ID, "みどり商店")


async def test_quota(client: LINEClient, sandbox: RunningSandbox, token: str) -> None:
    """A limited and an unlimited month both read; nothing is used at first."""
    limited = await client.quota.get(token)
    used = await client.quota.get_consumption(token)
    sandbox.state.line.channels[CHANNEL_ID].account.quota.limit = None
    unlimited = await client.quota.get(token)

    assert (limited, used, unlimited) == (Quota("limited", QUOTA), 0, Quota("none", None))


async def test_followers(client: LINEClient, sandbox: RunningSandbox, token: str) -> None:
    """Yesterday in Japan has counts, today has none."""
    today = sandbox.state.clock.now().astimezone(ZoneInfo("Asia/Tokyo")).date()

    ready = await client.insight.get_followers(token, day=today - timedelta(days=1))
    unready = await client.insight.get_followers(token, day=today)

    assert ready.status == "ready"
    assert ready.followers == 1_000
    assert ready.targeted_reaches
    assert ready.blocks
    assert (unready.status, unready.followers, unready.targeted_reaches, unready.blocks) == ("unready", *[None] * 3)


async def test_validation(client: LINEClient, token: str) -> None:
    """Good messages pass, a bad one is named by its property."""
    good = {"type": "text", "text": "こんにちは"}

    await client.validate.validate_narrowcast(token, [good])
    with pytest.raises(InvalidRequestError) as caught:
        await client.validate.validate_narrowcast(token, [good, {"type": "text", "text": ""}])

    assert caught.value.details == (ErrorDetail("May not be empty", "messages[1].text"),)


async def test_lookups_get_over_faults(client: LINEClient, sandbox: RunningSandbox, token: str) -> None:
    """A lookup survives a reset connection and a 503, within one call."""
    sandbox.state.faults.add(Fault(path="/v2/bot/info", kind="drop"))
    sandbox.state.faults.add(Fault(path="/v2/bot/info", kind="answer", status=503, nth=2))

    info = await client.bot.get_info(token)

    assert info.user_id == BOT_USER_ID
