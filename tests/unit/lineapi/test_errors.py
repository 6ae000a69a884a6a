"""Errors say what happened without saying to whom."""

import pytest

from lineapi.errors import (
    ErrorDetail,
    InvalidRequestError,
    LINEError,
    MalformedAnswerError,
    RefusedError,
    RetryKeyAcceptedError,
    ServerFaultError,
    UnansweredError,
    UnreachableError,
)


def test_text_holds_nothing_that_line_said() -> None:
    """Neither str nor repr of an error holds LINE's words, which may echo a message or a user id."""
    error = InvalidRequestError(
        "POST /x",
        status=400,
        request_id="r-1",
        message="Hello Yamada",
        details=[ErrorDetail("U0123456789abcdef0123456789abcdef is wrong", "to[0]")],
    )

    assert str(error) == "POST /x: invalid request (status 400, request r-1)"
    assert "Yamada" not in repr(error)
    assert "U0123" not in repr(error)
    assert error.details[0].property == "to[0]"


def test_malformed_answer_names_the_field() -> None:
    """An answer that can't be read names the field that is wrong."""
    error = MalformedAnswerError("GET /x", problem="answer.phase is missing", status=200, request_id=None)

    assert str(error) == "GET /x: LINE's answer cannot be read: answer.phase is missing (status 200, request unknown)"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (UnreachableError, False),
        (RefusedError, False),
        (InvalidRequestError, False),
        (UnansweredError, True),
        (ServerFaultError, True),
        (MalformedAnswerError, True),
        (RetryKeyAcceptedError, True),
    ],
)
def test_doubt(kind: type[LINEError], expected: bool) -> None:  # noqa: FBT001  # a table of values
    """Only a refusal and a connection that was never made are sure to have done nothing."""
    assert kind.may_have_happened is expected
