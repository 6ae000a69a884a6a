"""Stateless tokens are issued for a channel id and secret, and keep their value to themselves."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from lineapi.client import LINEClient
from lineapi.errors import InvalidCredentialsError, MalformedAnswerError, ServerFaultError
from tests.unit.lineapi.stub_line import StubLINE, reply

NOW = datetime(2026, 4, 1, tzinfo=UTC)
_TOKEN = {"access_token": "eyJhbGci", "expires_in": 900, "token_type": "Bearer"}


async def test_issue(client: LINEClient, stub: StubLINE) -> None:
    """The pair goes out as a form without a token; the expiry counts from the time before the call."""
    stub.will(reply(200, _TOKEN))

    token = await client.tokens.issue_stateless(client_id="1234567890", client_secret="a+b&c", now=NOW)

    (received,) = stub.received
    assert (received.method, received.path) == ("POST", "/oauth2/v3/token")
    assert received.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in received.headers
    assert parse_qs(received.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["1234567890"],
        "client_secret": ["a+b&c"],
    }
    assert (token.value, token.expires_at) == ("eyJhbGci", NOW + timedelta(minutes=15))


async def test_token_hides_its_value(client: LINEClient, stub: StubLINE) -> None:
    """The repr of a token does not show it."""
    stub.will(reply(200, _TOKEN))

    token = await client.tokens.issue_stateless(client_id="1", client_secret="s", now=NOW)

    assert "eyJhbGci" not in repr(token)


@pytest.mark.parametrize("status", [400, 401])
async def test_wrong_credentials(client: LINEClient, stub: StubLINE, status: int) -> None:
    """LINE's refusal of the pair has its own class, and its text holds neither part of the pair."""
    stub.will(reply(status, {"error": "invalid_request", "error_description": "Invalid 'client_credentials'."}))

    with pytest.raises(InvalidCredentialsError) as caught:
        await client.tokens.issue_stateless(client_id="1234567890", client_secret="hush-hush", now=NOW)

    assert caught.value.status == status
    assert "1234567890" not in str(caught.value)
    assert "hush-hush" not in str(caught.value)


async def test_issue_is_repeated(client: LINEClient, stub: StubLINE) -> None:
    """A token that nobody received hurts nobody, so issuing gets over a fault, but not over a lasting one."""
    stub.will(reply(500), reply(200, _TOKEN), *[reply(503)] * 3)

    token = await client.tokens.issue_stateless(client_id="1", client_secret="s", now=NOW)
    with pytest.raises(ServerFaultError):
        await client.tokens.issue_stateless(client_id="1", client_secret="s", now=NOW)

    assert token.value == "eyJhbGci"


@pytest.mark.parametrize(
    "changes",
    [
        {"access_token": "秘密"},
        {"access_token": "two words"},
        {"access_token": "a\r\nX-Evil: 1"},
        {"expires_in": 10**15},
        {"expires_in": -1},
    ],
)
async def test_answer_that_is_no_token(client: LINEClient, stub: StubLINE, changes: dict[str, object]) -> None:
    """What can't be put into a header, or has no end that a calendar knows, is malformed."""
    stub.will(reply(200, _TOKEN | changes))

    with pytest.raises(MalformedAnswerError):
        await client.tokens.issue_stateless(client_id="1", client_secret="s", now=NOW)


async def test_unreadable_token_stays_hidden(client: LINEClient, stub: StubLINE) -> None:
    """An answer without a lifetime is malformed, and the error does not hold the token."""
    stub.will(reply(200, {"access_token": "eyJhbGci"}))

    with pytest.raises(MalformedAnswerError, match=r"answer\.expires_in is missing") as caught:
        await client.tokens.issue_stateless(client_id="1", client_secret="s", now=NOW)

    assert "eyJhbGci" not in repr(caught.value)
