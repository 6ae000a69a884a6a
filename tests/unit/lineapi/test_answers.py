"""Every status and text of LP 1.4, 1.5 and 1.7 becomes its own error."""

import json
from typing import Any

import pytest

from lineapi.answers import Answer, find_error
from lineapi.errors import (
    ConcurrencyLimitError,
    ErrorDetail,
    ForbiddenError,
    InvalidRequestError,
    LINEError,
    MalformedAnswerError,
    MonthlyLimitError,
    NotEnoughFriendsError,
    NotFoundError,
    RateLimitError,
    RefusedError,
    RetryKeyAcceptedError,
    ServerFaultError,
    TooManyRequestsError,
    UnauthorizedError,
)


def _answer(status: int, body: Any = None, *, operation: str = "POST /v2/bot/message/narrowcast") -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return Answer(operation=operation, status=status, request_id="r-1", body=content)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_success(status: int) -> None:
    """Every 2xx is a success: LINE's texts disagree about 200 and 202."""
    assert find_error(_answer(status)) is None


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (302, "", MalformedAnswerError),
        (400, "The request body has 1 error(s)", InvalidRequestError),
        (401, "Authentication failed due to the following reason: invalid token", UnauthorizedError),
        (403, "Access to this API is not available for your account", ForbiddenError),
        (403, "Your account does not have enough friends", NotEnoughFriendsError),
        (404, "Not found", NotFoundError),
        (408, "", ServerFaultError),
        (410, "", RefusedError),
        (413, "", RefusedError),
        (415, "", RefusedError),
        (429, "The API rate limit has been exceeded. Try again later.", RateLimitError),
        (429, "You have reached your monthly limit.", MonthlyLimitError),
        (429, "Something that LINE did not publish", TooManyRequestsError),
        (500, "", ServerFaultError),
        (503, "", ServerFaultError),
    ],
)
def test_kind_of_failure(status: int, message: str, kind: type[LINEError]) -> None:
    """Status, and text where nothing else tells, select exactly one class."""
    assert type(find_error(_answer(status, {"message": message}))) is kind


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("path", ["/v2/bot/audienceGroup/upload", "/v2/bot/audienceGroup/upload/byFile"])
def test_concurrency_limit(method: str, path: str) -> None:
    """An unknown 429 text on the four endpoints with that limit means concurrent operations; a known one does not."""
    operation = f"{method} {path}"

    unknown = find_error(_answer(429, {"message": "?"}, operation=operation))
    rate = find_error(_answer(429, {"message": "The API rate limit has been exceeded."}, operation=operation))

    assert type(unknown) is ConcurrencyLimitError
    assert type(rate) is RateLimitError


def test_unknown_audience_is_not_found() -> None:
    """LINE's 400 for an audience that it does not know is told apart by its detail."""
    body = {"message": "audience group not found", "details": [{"message": "AUDIENCE_GROUP_NOT_FOUND"}]}

    error = find_error(_answer(400, body))

    assert type(error) is NotFoundError
    assert error.status == 400


def test_accepted_retry_key() -> None:
    """A 409 carries the id of the accepted request, not of this attempt."""
    answer = Answer(operation="POST /x", status=409, request_id="new", accepted_request_id="old", body=b"{}")

    error = find_error(answer)

    assert isinstance(error, RetryKeyAcceptedError)
    assert (error.accepted_request_id, error.request_id) == ("old", "new")


def test_conflict_without_id_is_doubtful() -> None:
    """A 409 that names no accepted request can't be followed, so it stays in doubt."""
    error = find_error(_answer(409, {"message": "The retry key is already accepted"}))

    assert isinstance(error, MalformedAnswerError)
    assert error.may_have_happened


def test_details() -> None:
    """Details keep their order and read as empty where LINE leaves a part out."""
    body = {
        "message": "The request body has 2 error(s)",
        "details": [{"message": "May not be empty", "property": "messages[0].text"}, {"property": "limit"}, "?"],
    }

    error = find_error(_answer(400, body))

    assert isinstance(error, InvalidRequestError)
    assert error.details == (ErrorDetail("May not be empty", "messages[0].text"), ErrorDetail("", "limit"))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": "invalid_request", "error_description": "Invalid 'client_credentials'."}, "Invalid 'client_creden"),
        ({"error": "invalid_client"}, "invalid_client"),
        ({"message": None, "key": None, "stacktrace": None, "code": None}, ""),
        (b"<html>", ""),
        (b"\xff", ""),
        (b"[]", ""),
        (b"[" * 100_000, ""),
        (rb'{"message": "half \ud83d"}', "half \N{REPLACEMENT CHARACTER}"),
        ({"message": 7, "details": "none"}, ""),
    ],
)
def test_other_error_bodies(body: Any, message: str) -> None:
    """OAuth bodies, null messages, and bodies that are no JSON leave the status decisive."""
    error = find_error(_answer(400, body))

    assert isinstance(error, InvalidRequestError)
    assert error.message.startswith(message)
    assert bool(error.message) is bool(message)
