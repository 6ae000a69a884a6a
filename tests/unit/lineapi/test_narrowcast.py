"""A narrowcast goes out once, exactly as given, and its progress reads as LINE documents it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from lineapi.client import LINEClient
from lineapi.errors import (
    EverybodyRefusedError,
    InvalidRequestError,
    LINEError,
    MalformedAnswerError,
    MonthlyLimitError,
    NotEnoughFriendsError,
    NotFoundError,
    RateLimitError,
    RetryKeyAcceptedError,
    ServerFaultError,
    TooManyRequestsError,
    UnansweredError,
)
from lineapi.narrowcast import AcceptedNarrowcast, NarrowcastErrorCode, NarrowcastPhase, NarrowcastProgress
from tests.unit.lineapi.stub_line import (
    REQUEST_ID,
    Reply,
    StubLINE,
    drop,
    drop_in_body,
    reply,
    reply_without_id,
    stay_silent,
)

KEY = UUID("123e4567-e89b-12d3-a456-426614174000")

# Spaces and order as no encoder of ours writes them: the bytes themselves must arrive.
BODY = b'{ "recipient": {"type":"audience", "audienceGroupId":1},"messages":[{"type":"text","text":"\\u3042"}] }'


async def test_send(client: LINEClient, stub: StubLINE) -> None:
    """The bytes arrive unchanged with the retry key, and LINE's request id is handed back."""
    stub.will(reply(202))

    accepted = await client.narrowcast.send("token", BODY, retry_key=KEY)

    (received,) = stub.received
    assert (received.method, received.path) == ("POST", "/v2/bot/message/narrowcast")
    assert received.body == BODY
    assert received.headers["X-Line-Retry-Key"] == "123e4567-e89b-12d3-a456-426614174000"
    assert accepted == AcceptedNarrowcast(request_id=REQUEST_ID)


async def test_everybody_never_leaves(client: LINEClient, stub: StubLINE) -> None:
    """A body that would reach every friend is refused without a call."""
    with pytest.raises(EverybodyRefusedError):
        await client.narrowcast.send("token", b'{"messages":[{"type":"text","text":"a"}]}', retry_key=KEY)

    assert stub.received == []


@pytest.mark.parametrize(
    ("answer", "kind", "doubt"),
    [
        (reply(400, {"message": "Invalid audience group id: 1"}), InvalidRequestError, False),
        (reply(403, {"message": "Your account does not have enough friends"}), NotEnoughFriendsError, False),
        (reply(429, {"message": "The API rate limit has been exceeded. Try again later."}), RateLimitError, False),
        (reply(429, {"message": "You have reached your monthly limit."}), MonthlyLimitError, False),
        (drop_in_body(429), TooManyRequestsError, False),
        (reply(500), ServerFaultError, True),
        (drop_in_body(500), ServerFaultError, True),
        (drop, UnansweredError, True),
        (stay_silent, UnansweredError, True),
        (reply_without_id(202), MalformedAnswerError, True),
        (reply(409, {"message": "The retry key is already accepted"}), MalformedAnswerError, True),
        (reply(302, headers={"Location": "/v2/bot/message/narrowcast"}), MalformedAnswerError, True),
    ],
)
async def test_one_attempt(
    client: LINEClient,
    stub: StubLINE,
    answer: Reply,
    kind: type[LINEError],
    doubt: bool,  # noqa: FBT001  # a table of values
) -> None:
    """Whatever goes wrong, one attempt is one request, and its error says whether it may have been accepted."""
    stub.will(answer)

    with pytest.raises(LINEError) as caught:
        await client.narrowcast.send("token", BODY, retry_key=KEY, within=0.5)

    assert type(caught.value) is kind
    assert caught.value.may_have_happened is doubt
    assert len(stub.received) == 1


@pytest.mark.parametrize("lost", [False, True])
async def test_accepted_before(client: LINEClient, stub: StubLINE, lost: bool) -> None:  # noqa: FBT001  # both ways
    """A 409 hands over the accepted request's id, also when its body is lost."""
    headers = {"x-line-accepted-request-id": "accepted-1"}
    stub.will(drop_in_body(409, headers=headers) if lost else reply(409, {"message": "?"}, headers=headers))

    with pytest.raises(RetryKeyAcceptedError) as caught:
        await client.narrowcast.send("token", BODY, retry_key=KEY)

    assert caught.value.accepted_request_id == "accepted-1"
    assert caught.value.request_id == REQUEST_ID


async def test_acceptance_outlives_the_body(client: LINEClient, stub: StubLINE) -> None:
    """A 202 counts as soon as its head has arrived."""
    stub.will(drop_in_body(202))

    assert await client.narrowcast.send("token", BODY, retry_key=KEY) == AcceptedNarrowcast(REQUEST_ID)


async def test_progress_waiting(client: LINEClient, stub: StubLINE) -> None:
    """In `waiting` there are no counts, and None is not 0."""
    stub.will(reply(200, {"phase": "waiting", "acceptedTime": "2020-12-03T10:15:30.121Z"}))

    progress = await client.narrowcast.get_progress("token", "r-1")

    assert stub.received[0].query == {"requestId": "r-1"}
    assert progress == NarrowcastProgress(
        phase=NarrowcastPhase.WAITING, accepted_time=datetime(2020, 12, 3, 10, 15, 30, 121000, tzinfo=UTC)
    )


async def test_progress_succeeded(client: LINEClient, stub: StubLINE) -> None:
    """A finished narrowcast has times and counts."""
    stub.will(
        reply(
            200,
            {
                "phase": "succeeded",
                "successCount": 1,
                "failureCount": 2,
                "targetCount": 3,
                "acceptedTime": "2020-12-03T10:15:30.121Z",
                "completedTime": "2020-12-03T10:15:30.500Z",
            },
        )
    )

    progress = await client.narrowcast.get_progress("token", "r-1")

    assert (progress.target_count, progress.success_count, progress.failure_count) == (3, 1, 2)
    assert progress.completed_time == datetime(2020, 12, 3, 10, 15, 30, 500000, tzinfo=UTC)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 77])
async def test_progress_failed(client: LINEClient, stub: StubLINE, code: int) -> None:
    """A failure has its code, also one that LINE adds later."""
    answer = {"phase": "failed", "errorCode": code, "failedDescription": "?", "acceptedTime": "2020-12-03T10:15:30Z"}
    stub.will(reply(200, answer))

    progress = await client.narrowcast.get_progress("token", "r-1")

    assert progress.error_code == code
    assert (progress.error_code == NarrowcastErrorCode.TOO_FEW_RECIPIENTS) is (code == 2)


async def test_unknown_phase(client: LINEClient, stub: StubLINE) -> None:
    """A phase that LINE adds later reads as it is."""
    stub.will(reply(200, {"phase": "resting", "acceptedTime": "2020-12-03T10:15:30.121Z"}))

    progress = await client.narrowcast.get_progress("token", "r-1")

    assert progress.phase == "resting"


async def test_progress_gone(client: LINEClient, stub: StubLINE) -> None:
    """After 14 days LINE knows nothing any more."""
    stub.will(reply(404, {"message": "Not found"}))

    with pytest.raises(NotFoundError):
        await client.narrowcast.get_progress("token", "r-1")
