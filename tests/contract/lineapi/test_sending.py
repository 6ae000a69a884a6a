"""A narrowcast from its first attempt to its statistics, against the sandbox."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from lineapi.client import LINEClient
from lineapi.errors import (
    InvalidRequestError,
    LINEError,
    MonthlyLimitError,
    NotEnoughFriendsError,
    NotFoundError,
    RateLimitError,
    RetryKeyAcceptedError,
    ServerFaultError,
    UnansweredError,
)
from lineapi.narrowcast import NarrowcastErrorCode, NarrowcastPhase, NarrowcastProgress
from sandbox.app import RunningSandbox
from sandbox.faults import Fault
from sandbox.world import CHANNEL_ID

KEY = UUID("123e4567-e89b-12d3-a456-426614174000")
OTHER_KEY = UUID("123e4567-e89b-12d3-a456-426614174001")
URL = "https://example.com/sale"
MESSAGES = [{"type": "text", "text": f"セール {URL}"}]
PATH = "/v2/bot/message/narrowcast"
ADULTS = {"type": "age", "gte": "age_20"}


def _find(sandbox: RunningSandbox, name: str) -> dict[str, Any]:
    audiences = sandbox.state.line.channels[CHANNEL_ID].account.audiences.values()
    number = next(audience.number for audience in audiences if audience.name == name)
    return {"type": "audience", "audienceGroupId": number}


def _operate(operator: str, operands: Any) -> dict[str, Any]:
    return {"type": "operator", operator: operands}


def _encode(
    recipient: dict[str, Any] | None = None, *, demographic: dict[str, Any] | None = None, **parts: Any
) -> bytes:
    trees: dict[str, Any] = {} if recipient is None else {"recipient": recipient}
    if demographic is not None:
        trees["filter"] = {"demographic": demographic}
    return json.dumps({"messages": MESSAGES, **trees, **parts}).encode()


async def _finish(client: LINEClient, sandbox: RunningSandbox, token: str, request_id: str) -> NarrowcastProgress:
    sandbox.state.clock.advance(60)
    return await client.narrowcast.get_progress(token, request_id)


@pytest.fixture
def body(sandbox: RunningSandbox) -> bytes:
    """Give a send to an audience of some hundred friends."""
    return _encode(_find(sandbox, "会員アップロード"))


async def test_the_main_job(client: LINEClient, sandbox: RunningSandbox, token: str) -> None:
    """Audience and attributes: accepted, waiting without counts, succeeded with them, then statistics."""
    recipient = _operate("and", [_find(sandbox, "会員アップロード"), _operate("not", _find(sandbox, "タグ: VIP"))])
    body = _encode(recipient, demographic=ADULTS, limit={"upToRemainingQuota": True})

    accepted = await client.narrowcast.send(token, body, retry_key=KEY)
    waiting = await client.narrowcast.get_progress(token, accepted.request_id)
    done = await _finish(client, sandbox, token, accepted.request_id)
    event = await client.insight.get_message_event(token, accepted.request_id)

    assert (waiting.phase, waiting.target_count, waiting.success_count) == (NarrowcastPhase.WAITING, None, None)
    assert done.phase == NarrowcastPhase.SUCCEEDED
    assert done.success_count
    assert done.completed_time is not None
    assert done.completed_time > done.accepted_time == waiting.accepted_time
    assert event.overview.request_id == accepted.request_id
    assert event.overview.delivered == done.success_count
    assert [click.url for click in event.clicks] == [URL]


async def test_bytes_arrive(client: LINEClient, sandbox: RunningSandbox, token: str, body: bytes) -> None:
    """LINE gets exactly the bytes that were given, and the key."""
    spaced = json.dumps(json.loads(body), indent=1).encode()

    await client.narrowcast.send(token, spaced, retry_key=KEY)

    (entry,) = sandbox.state.journal.find(path=PATH)
    assert entry.arrival.body == spaced
    assert entry.arrival.headers["x-line-retry-key"] == str(KEY)


async def test_redelivery(client: LINEClient, sandbox: RunningSandbox, token: str, body: bytes) -> None:
    """Those reached by an earlier narrowcast can be sent to, and excluded, by its request id."""
    first = await client.narrowcast.send(token, body, retry_key=KEY)
    reached = await _finish(client, sandbox, token, first.request_id)

    again = await client.narrowcast.send(
        token, _encode({"type": "redelivery", "requestId": first.request_id}), retry_key=OTHER_KEY
    )
    done = await _finish(client, sandbox, token, again.request_id)

    assert done.success_count == reached.success_count


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(path=PATH, kind="answer", status=500, when="after"), ServerFaultError),
        (Fault(path=PATH, kind="drop", when="after"), UnansweredError),
        (Fault(path=PATH, kind="delay", seconds=1, when="after"), UnansweredError),
    ],
    ids=["500", "drop", "delay"],
)
async def test_hidden_success(
    client: LINEClient, sandbox: RunningSandbox, token: str, body: bytes, fault: Fault, kind: type[LINEError]
) -> None:
    """When LINE accepted and its answer is lost, the same key and bytes find the accepted send; it goes out once."""
    sandbox.state.faults.add(fault)
    with pytest.raises(kind) as lost:
        await client.narrowcast.send(token, body, retry_key=KEY, within=0.5)

    with pytest.raises(RetryKeyAcceptedError) as found:
        await client.narrowcast.send(token, body, retry_key=KEY)

    done = await _finish(client, sandbox, token, found.value.accepted_request_id)
    assert lost.value.may_have_happened
    assert found.value.request_id != found.value.accepted_request_id
    assert done.phase == NarrowcastPhase.SUCCEEDED
    assert len(sandbox.state.line.sends) == 1


@pytest.mark.parametrize(
    "fault", [Fault(path=PATH, kind="answer", status=500), Fault(path=PATH, kind="drop")], ids=["500", "drop"]
)
async def test_hidden_failure(
    client: LINEClient, sandbox: RunningSandbox, token: str, body: bytes, fault: Fault
) -> None:
    """When LINE never took the attempt, the same key and bytes send it; also once."""
    sandbox.state.faults.add(fault)
    with pytest.raises((ServerFaultError, UnansweredError)):
        await client.narrowcast.send(token, body, retry_key=KEY)

    accepted = await client.narrowcast.send(token, body, retry_key=KEY)

    assert list(sandbox.state.line.sends) == [accepted.request_id]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("line_rate_limit", RateLimitError), ("line_monthly_limit", MonthlyLimitError)],
)
async def test_limits(
    client: LINEClient, sandbox: RunningSandbox, token: str, body: bytes, name: str, kind: type[LINEError]
) -> None:
    """LINE's two texts of 429 on a send are told apart."""
    sandbox.state.faults.add(Fault.from_json({"path": PATH, "answer": name}))

    with pytest.raises(kind) as caught:
        await client.narrowcast.send(token, body, retry_key=KEY)

    assert not caught.value.may_have_happened


async def test_quota_that_does_not_suffice(
    client: LINEClient, sandbox: RunningSandbox, token: str, body: bytes
) -> None:
    """A reservation that LINE refuses at once is the monthly limit."""
    sandbox.state.line.channels[CHANNEL_ID].account.quota.limit = 10

    with pytest.raises(MonthlyLimitError):
        await client.narrowcast.send(token, body, retry_key=KEY)


async def test_quota_that_fails_later(client: LINEClient, sandbox: RunningSandbox, token: str, body: bytes) -> None:
    """A reservation that LINE refuses only at delivery is a failed send with a code."""
    line = sandbox.state.line
    line.settings = replace(line.settings, quota_failure="delivery", quota_error_code=1)
    line.channels[CHANNEL_ID].account.quota.limit = 10

    accepted = await client.narrowcast.send(token, body, retry_key=KEY)
    done = await _finish(client, sandbox, token, accepted.request_id)

    assert (done.phase, done.error_code) == (NarrowcastPhase.FAILED, NarrowcastErrorCode.INTERNAL)


async def test_too_few_recipients(client: LINEClient, sandbox: RunningSandbox, token: str) -> None:
    """Too few recipients show only in the progress, by code."""
    body = _encode(
        _operate("and", [_find(sandbox, "タグ: VIP"), _find(sandbox, "会員アップロード")]), demographic=ADULTS
    )

    accepted = await client.narrowcast.send(token, body, retry_key=KEY)
    done = await _finish(client, sandbox, token, accepted.request_id)

    assert (done.phase, done.error_code) == (NarrowcastPhase.FAILED, NarrowcastErrorCode.TOO_FEW_RECIPIENTS)


async def test_unusable_audience(client: LINEClient, sandbox: RunningSandbox, token: str) -> None:
    """An audience that is not READY is refused at once."""
    with pytest.raises(InvalidRequestError):
        await client.narrowcast.send(token, _encode(_find(sandbox, "集計中のサイト訪問")), retry_key=KEY)


async def test_reach_below_minimum(client: LINEClient, sandbox: RunningSandbox) -> None:
    """Attributes on an OA with too few friends are a refusal of their own."""
    sandbox.state.line.create_channel("2000000009", "secret")
    token = await client.tokens.issue_stateless(
        client_id="2000000009", client_secret="secret", now=sandbox.state.clock.now()
    )

    with pytest.raises(NotEnoughFriendsError):
        await client.narrowcast.send(token.value, _encode(demographic=ADULTS), retry_key=KEY)


async def test_progress_ends(client: LINEClient, sandbox: RunningSandbox, token: str, body: bytes) -> None:
    """After 14 days LINE has no progress any more."""
    accepted = await client.narrowcast.send(token, body, retry_key=KEY)
    sandbox.state.clock.advance(14 * 86_400 + 1)
    line = sandbox.state.line
    fresh = line.tokens.issue("stateless", line.channels[CHANNEL_ID], now=line.now(), seconds=900)

    with pytest.raises(NotFoundError):
        await client.narrowcast.get_progress(fresh.text, accepted.request_id)


async def test_progress_of_nonsense(client: LINEClient, token: str) -> None:
    """What is no request id is an invalid request, not a missing one."""
    with pytest.raises(InvalidRequestError):
        await client.narrowcast.get_progress(token, "nonsense")


async def test_hidden_statistics(client: LINEClient, sandbox: RunningSandbox, token: str) -> None:
    """Under 20 recipients LINE shows `delivered` and hides the rest, which reads as None."""
    accepted = await client.narrowcast.send(
        token, _encode(_find(sandbox, "会員アップロード"), limit={"max": 5}), retry_key=KEY
    )
    await _finish(client, sandbox, token, accepted.request_id)

    event = await client.insight.get_message_event(token, accepted.request_id)

    assert event.overview.delivered == 5
    assert event.overview.unique_impression is None
    assert event.overview.unique_click is None
    assert all(message.impression is None for message in event.messages)
    assert all(click.click is None and click.unique_click is None for click in event.clicks)
