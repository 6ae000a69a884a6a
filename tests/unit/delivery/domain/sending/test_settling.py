"""What ends a row without another call to LINE, to the moment."""

from datetime import timedelta

import pytest

from delivery.domain.sending.failures import FailureReason, UncertaintyReason
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.settling import CREDENTIALS_PATIENCE, MEMORY, settle
from delivery.domain.sending.values import KEY_LIFETIME, LONGEST_CALL, RowState, WaitReason
from tests.strategies.rows import LIFETIME, START, begin, make_row

MOMENT = timedelta(microseconds=1)


def expect_end(row: SendRow, *, after: timedelta, age: timedelta | None = None) -> SendRow:
    """Return the row as it ends `after` its order; a moment before there is still something to call for."""
    assert settle(row, at=START + after - MOMENT, age=None) is None
    settled = settle(row, at=START + after, age=age)
    assert settled is not None
    return settled


@pytest.mark.parametrize("callers_own", [True, False])
def test_an_order_ends_in_time_for_a_call_to_end_before_it(callers_own: bool) -> None:  # noqa: FBT001 - drawn by name
    """A row never in doubt is EXPIRED once a call could end after the deadline, whoever named it (R11)."""
    row = make_row(end=timedelta(hours=2), callers_own=callers_own)

    assert expect_end(row, after=timedelta(hours=2) - LONGEST_CALL).state is RowState.EXPIRED


def test_the_default_end_bounds_first_attempts_only() -> None:
    """In doubt the key decides for 23 hours, also past an order lifetime of one."""
    row = begin(make_row(end=timedelta(hours=1))).doubt(at=START)
    ended = expect_end(row, after=KEY_LIFETIME)

    assert ended.state is RowState.UNCERTAIN
    assert ended.ending is not None
    assert ended.ending.reason is UncertaintyReason.ANSWER_LOST


def test_a_callers_own_end_bounds_repetition_too() -> None:
    """What the caller wants to be over by then is not called for again."""
    row = begin(make_row(end=timedelta(hours=1), callers_own=True)).doubt(at=START)
    ended = expect_end(row, after=timedelta(hours=1) - LONGEST_CALL)

    assert ended.ending is not None
    assert ended.ending.reason is UncertaintyReason.DEADLINE_PASSED


def test_a_cancellation_ends_repetition() -> None:
    """A call in doubt that was cancelled is left to a person at once."""
    ended = settle(begin(make_row()).doubt(at=START).cancel(at=START), at=START, age=None)

    assert ended is not None
    assert ended.ending is not None
    assert ended.ending.reason is UncertaintyReason.CANCELLED


def test_refused_credentials_end_a_row_never_in_doubt_after_an_hour() -> None:
    """Nothing was sent, so it is FAILED with that reason."""
    row = make_row().postpone(WaitReason.CREDENTIALS_REFUSED, at=START)
    ended = expect_end(row, after=CREDENTIALS_PATIENCE)

    assert ended.state is RowState.REFUSED
    assert ended.ending is not None
    assert ended.ending.reason is FailureReason.LINE_CREDENTIALS_REFUSED


def test_refused_credentials_leave_a_doubt_for_as_long_as_its_key_lives() -> None:
    """Credentials may be mended within 23 hours; then a person decides."""
    row = begin(make_row()).doubt(at=START).postpone(WaitReason.CREDENTIALS_REFUSED, at=START)
    ended = expect_end(row, after=KEY_LIFETIME)

    assert ended.ending is not None
    assert ended.ending.reason is UncertaintyReason.CREDENTIALS_REFUSED


def test_the_databases_clock_ends_a_doubt_too() -> None:
    """A business clock that stands still makes no key younger (I3)."""
    row = begin(make_row()).doubt(at=START)
    ended = settle(row, at=START, age=KEY_LIFETIME)

    assert ended is not None
    assert ended.state is RowState.UNCERTAIN


@pytest.mark.parametrize(
    ("delivered", "reason"),
    [((), UncertaintyReason.OUTCOME_UNKNOWN), (("line-2",), UncertaintyReason.ACCEPTED_TWICE)],
)
def test_what_line_has_forgotten_is_left_to_a_person(delivered: tuple[str, ...], reason: UncertaintyReason) -> None:
    """No outcome for 14 days is no failure: LINE may have delivered (R13)."""
    row = begin(make_row()).accept("line-1", at=START)
    for line_request_id in delivered:
        row = row.accept(line_request_id, at=START).deliver(line_request_id, at=START)
    ended = expect_end(row, after=MEMORY)

    assert ended.ending is not None
    assert ended.ending.reason is reason


def test_an_id_that_is_not_known_is_asked_for_while_the_key_lives() -> None:
    """After that LINE would take the same bytes for new ones, so nothing is done until its memory ends (I3)."""
    row = begin(make_row()).accept("line-1", at=START).deny("line-1", at=START)
    waiting = expect_end(row, after=KEY_LIFETIME, age=None)

    assert waiting.state is RowState.ACCEPTED
    assert waiting.next_time == START + MEMORY
    assert expect_end(begin(make_row(end=LIFETIME)), after=KEY_LIFETIME).state is RowState.UNCERTAIN
