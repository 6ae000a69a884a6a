"""The send ledger keeps its invariants whatever LINE answers, loses or delays (architecture 5)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from delivery.domain.policy.clearance import BytesAltered, Cleared, clear, clear_repeat
from delivery.domain.sending.failures import FailureReason
from delivery.domain.sending.ledger import KEY_LIFETIME, LedgerViolation, RequestState, SendRequest, open_request
from tests.strategies.policy import MESSAGES, make_facts, make_subject

START = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
CAMPAIGN = "channels/acme/campaigns/may"
UNDECIDED = (RequestState.READY, RequestState.CALLING)


def open_row() -> SendRequest:
    """Return a new row."""
    return open_request(CAMPAIGN, number=1, at=START)


def clear_row(row: SendRequest) -> Cleared:
    """Return what policy clears for a row: fresh bytes, or those of its first attempt."""
    if row.repeats:
        assert row.body is not None
        assert row.sha256 is not None
        return clear_repeat(channel="channels/acme", request=row.name, body=row.body, sha256=row.sha256)
    return clear(
        make_subject(),
        make_facts(),
        at=START,
        acknowledgements=frozenset(),
        messages=MESSAGES,
        request=row.name,
    )


def begin(row: SendRequest, *, at: datetime = START) -> SendRequest:
    """Begin an attempt."""
    return row.begin(clear_row(row), at=at)


def test_an_attempt_is_in_doubt_from_the_moment_it_is_written_down() -> None:
    """Key, bytes and doubt stand before any byte leaves (I1)."""
    row = begin(open_row())

    assert row.state is RequestState.CALLING
    assert row.in_doubt
    assert row.body is not None


def test_a_key_is_used_until_23_hours_after_the_first_attempt_and_not_a_moment_longer() -> None:
    """The last attempt is before 23 hours; at 23 hours a person has to decide (I3, I8)."""
    row = begin(open_row()).doubt(at=START)
    last = begin(row, at=START + KEY_LIFETIME - timedelta(microseconds=1))

    assert last.attempt_count == 2
    with pytest.raises(LedgerViolation):
        begin(row, at=START + KEY_LIFETIME)
    assert row.give_up(at=START + KEY_LIFETIME).state is RequestState.UNCERTAIN
    with pytest.raises(LedgerViolation):
        row.give_up(at=START + KEY_LIFETIME - timedelta(microseconds=1))


def test_a_refusal_decides_the_first_attempt_only() -> None:
    """A refusal of a repetition may be caused by our own first attempt, so it leaves the doubt (I4, I5)."""
    first = begin(open_row())
    second = begin(first.doubt(at=START))

    assert first.refuse(FailureReason.QUOTA_EXHAUSTED, at=START).state is RequestState.REFUSED
    assert second.refuse(FailureReason.QUOTA_EXHAUSTED, at=START).in_doubt
    assert second.defer(until=START).retry_key == first.retry_key


def test_a_deferred_first_attempt_gets_a_new_key() -> None:
    """Other bytes may follow, so another key does (I2)."""
    row = begin(open_row())
    deferred = row.defer(until=START)

    assert deferred.state is RequestState.READY
    assert deferred.retry_key != row.retry_key
    assert deferred.body is None


def test_a_repetition_with_other_bytes_is_refused() -> None:
    """One key belongs to one byte string for ever (I2)."""
    row = begin(open_row()).doubt(at=START)
    other = clear(
        make_subject(notification_disabled=True),
        make_facts(),
        at=START,
        acknowledgements=frozenset(),
        messages=MESSAGES,
        request=row.name,
    )

    with pytest.raises(BytesAltered):
        row.begin(other, at=START)


def test_code_3_asks_for_the_accepted_id_with_the_same_key() -> None:
    """A narrowcast that LINE calls a duplicate is accepted under another id (I6)."""
    accepted = begin(open_row()).accept("line-1", at=START)
    asking = accepted.fail(3, at=START)
    known = begin(asking).accept("line-2", at=START)

    assert asking.state is RequestState.ACCEPTED
    assert asking.repeats
    assert known.retry_key == accepted.retry_key
    assert known.line_request_id == "line-2"


class Ledger(RuleBasedStateMachine):
    """LINE, as it may behave at its worst, against one row."""

    def __init__(self) -> None:
        """Start with a new row, to which LINE has done nothing."""
        super().__init__()
        self.row = open_row()
        self.now = START
        self.bytes_of_key: dict[str, bytes] = {}
        self.taken: set[str] = set()
        self.was_accepted = False

    @rule(minutes=st.integers(1, 9 * 60))
    def wait(self, minutes: int) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.row.state in UNDECIDED or self.row.repeats)
    @rule(taken=st.booleans(), answer=st.sampled_from(["lost", "accepted", "refused", "deferred"]))
    def call(self, taken: bool, answer: str) -> None:  # noqa: FBT001 - drawn by name
        """Make an attempt that LINE takes or not; the answer may be lost, and tells the truth when it is not."""
        if not self.row.can_use_key(self.now):
            if self.row.repeats:
                self.row = self.row.give_up(at=self.now)
            return
        began = begin(self.row, at=self.now)
        key = str(began.retry_key)
        assert began.body is not None
        assert self.bytes_of_key.setdefault(key, began.body) == began.body
        if taken or answer == "accepted":
            self.taken.add(key)
        match answer:
            case "accepted":
                self.row = began.accept("line-1", at=self.now)
            case "refused" if not taken:
                self.row = began.refuse(FailureReason.REQUEST_REFUSED, at=self.now)
            case "deferred" if not taken:
                self.row = began.defer(until=self.now)
            case _:
                self.row = began.doubt(at=self.now)
        self.was_accepted = self.was_accepted or self.row.state is RequestState.ACCEPTED

    @precondition(lambda self: self.row.state is RequestState.ACCEPTED and not self.row.repeats)
    @rule(code=st.sampled_from([None, 1, 2, 3, 4, 5, 99]))
    def end(self, code: int | None) -> None:
        """Let LINE tell how it ended."""
        self.row = self.row.deliver(at=self.now) if code is None else self.row.fail(code, at=self.now)

    @invariant()
    def people_get_it_once(self) -> None:
        """LINE never takes the row under two keys."""
        assert len(self.taken) <= 1

    @invariant()
    def refused_rows_were_never_taken(self) -> None:
        """Let a refusal, or a new generation, stand only where LINE has done nothing (I5)."""
        if self.row.state in (RequestState.REFUSED, RequestState.READY):
            assert not self.taken

    @invariant()
    def acceptance_stays(self) -> None:
        """Keep what was accepted accepted, delivered or failed for ever (I6)."""
        if self.was_accepted:
            assert self.row.state in (RequestState.ACCEPTED, RequestState.DELIVERED, RequestState.FAILED)


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=200, stateful_step_count=20, deadline=None)
