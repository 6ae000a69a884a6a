"""A row of the send ledger keeps its invariants whatever LINE answers, loses or delays (architecture 5)."""

from datetime import timedelta

import pytest

from delivery.domain.policy.clearance import BytesAltered
from delivery.domain.sending.failures import FailureReason, UncertaintyReason
from delivery.domain.sending.row import LedgerViolation, SendRow
from delivery.domain.sending.values import KEY_LIFETIME, Reservation, RowState, WaitReason
from tests.strategies.rows import CAMPAIGN, LIFETIME, START, UID, begin, clear_row, make_row

MOMENT = timedelta(microseconds=1)


def accept(*ids: str) -> SendRow:
    """Return a row that LINE took under these ids."""
    row = begin(make_row())
    for line_request_id in ids:
        row = row.accept(line_request_id, at=START)
    return row


def test_an_attempt_is_in_doubt_from_the_moment_it_is_written_down() -> None:
    """Key, bytes and doubt stand before any byte leaves (I1)."""
    row = begin(make_row())

    assert row.state is RowState.CALLING
    assert row.in_doubt
    assert row.require_attempt().body


def test_a_key_is_used_for_23_hours_and_not_a_moment_longer() -> None:
    """The last attempt is before 23 hours of business time (I3)."""
    row = begin(make_row()).doubt(at=START)
    last = begin(row, at=START + KEY_LIFETIME - MOMENT)

    assert last.require_attempt().count == 2
    with pytest.raises(LedgerViolation):
        begin(row, at=START + KEY_LIFETIME)


def test_a_key_is_used_for_23_hours_of_the_databases_clock_too() -> None:
    """A business clock that stands still makes no key younger (I3)."""
    row = begin(make_row()).doubt(at=START)

    assert begin(row, age=KEY_LIFETIME - MOMENT).require_attempt().count == 2
    with pytest.raises(LedgerViolation):
        begin(row, age=KEY_LIFETIME)


def test_keys_are_made_of_the_campaigns_uid_and_never_of_its_name() -> None:
    """A name that is used again does not meet its predecessor's key (I2)."""
    row, other_name = make_row(), make_row(campaign="channels/acme/campaigns/june")

    assert row.retry_key == other_name.retry_key
    assert str(UID) in row.key_seed
    assert CAMPAIGN not in row.key_seed


def test_a_refusal_decides_the_first_attempt_only() -> None:
    """A refusal of a repetition may be caused by our own first attempt, so it leaves the doubt (I4, I5)."""
    first = begin(make_row())
    second = begin(first.doubt(at=START))

    assert first.refuse(FailureReason.REQUEST_REFUSED, at=START).state is RowState.REFUSED
    assert second.refuse(FailureReason.REQUEST_REFUSED, at=START).in_doubt
    assert second.put_off(WaitReason.QUOTA_HELD, at=START).retry_key == first.retry_key


def test_what_was_not_called_decides_nothing() -> None:
    """A repetition for which there is no token leaves the first attempt in doubt, with its key (I4)."""
    row = begin(make_row()).doubt(at=START)
    waiting = row.postpone(WaitReason.CREDENTIALS_REFUSED, at=START)

    assert waiting.in_doubt
    assert waiting.retry_key == row.retry_key


def test_a_first_attempt_that_is_put_off_gets_a_new_key() -> None:
    """Other bytes may follow, so another key does (I2)."""
    row = begin(make_row())
    later = row.put_off(WaitReason.RATE_LIMITED, at=START)

    assert later.state is RowState.READY
    assert later.retry_key != row.retry_key
    assert later.attempt is None


def test_a_repetition_with_other_bytes_is_refused() -> None:
    """One key belongs to one byte string for ever (I2)."""
    row = begin(make_row()).doubt(at=START)

    with pytest.raises(BytesAltered):
        row.begin(clear_row(make_row(), notification_disabled=True), at=START)


def test_waits_grow_for_the_same_reason_and_begin_anew_for_another() -> None:
    """A hold is looked at after 2, 4, … 30 minutes; another reason has its own count and beginning."""
    row, pauses = make_row(), []
    for _ in range(6):
        row = row.postpone(WaitReason.QUOTA_HELD, at=START)
        assert row.next_time is not None
        pauses.append(row.next_time - START)
    later = row.postpone(WaitReason.FACTS_UNKNOWN, at=START + timedelta(hours=1))

    assert pauses == [timedelta(minutes=minutes) for minutes in (2, 4, 8, 16, 30, 30)]
    assert row.wait is not None
    assert row.wait.since == START
    assert later.wait is not None
    assert (later.wait.count, later.wait.since) == (1, START + timedelta(hours=1))


def test_a_wait_never_outlasts_the_order() -> None:
    """A row that waits is looked at when its order ends, so that it ends in time."""
    row = make_row(end=timedelta(minutes=1)).postpone(WaitReason.QUOTA_HELD, at=START)

    assert row.next_time == row.deadline.last_start


def test_code_3_asks_for_the_accepted_id_with_the_same_key() -> None:
    """A narrowcast that LINE calls a duplicate is accepted under another id (I6)."""
    accepted = accept("line-1")
    asking = accepted.deny("line-1", at=START)
    known = begin(asking).accept("line-2", at=START)

    assert asking.state is RowState.ACCEPTED
    assert asking.repeats
    assert known.retry_key == accepted.retry_key
    assert known.acceptance is not None
    assert known.acceptance.ids == ("line-2",)


def test_code_3_without_end_is_asked_ever_less_often() -> None:
    """LINE may name an id that it has denied before, or ever new ones; each time the wait is longer."""
    row, waits = accept("line-0"), []
    for number in range(1, 6):
        row = row.deny(f"line-{number - 1}", at=START)
        assert row.next_time is not None
        waits.append(row.next_time - START)
        row = begin(row).accept(f"line-{number}", at=START)
    denied = row.deny("line-5", at=START)
    again = begin(denied).accept("line-5", at=START)

    assert waits == sorted(set(waits))
    assert again.repeats
    assert again.next_time is not None
    assert again.next_time > START + waits[-1]


def test_two_acceptances_are_kept_and_one_denial_leaves_the_other() -> None:
    """LINE may take one key twice (LP 1.9): both ids are asked for, and code 3 tells which one counts (I6)."""
    row = accept("line-1", "line-2")
    denied_first = row.deny("line-1", at=START).deliver("line-2", at=START)
    denied_last = row.deliver("line-2", at=START).deny("line-1", at=START)

    assert row.acceptance is not None
    assert row.acceptance.ids == ("line-1", "line-2")
    assert denied_first.state is denied_last.state is RowState.DELIVERED


def test_two_deliveries_are_left_to_a_person() -> None:
    """People may have got it twice, which no later answer changes."""
    row = accept("line-1", "line-2").deliver("line-1", at=START).deliver("line-2", at=START)

    assert row.state is RowState.UNCERTAIN
    assert row.ending is not None
    assert row.ending.reason is UncertaintyReason.ACCEPTED_TWICE


def test_a_failure_of_one_id_waits_for_the_other() -> None:
    """What failed under one id may yet be delivered under the other."""
    row = accept("line-1", "line-2").fail("line-1", FailureReason.RECIPIENTS_BELOW_MINIMUM, at=START)

    assert row.state is RowState.ACCEPTED
    assert row.deliver("line-2", at=START).state is RowState.DELIVERED
    assert row.fail("line-2", FailureReason.LINE_INTERNAL, at=START).state is RowState.FAILED


def test_an_id_that_comes_after_the_end_is_asked_for() -> None:
    """It may have been delivered too; LINE's own time of the end is kept meanwhile."""
    ended = accept("line-1").deliver("line-1", at=START)
    reopened = ended.accept("line-2", at=START + timedelta(hours=1))
    same = ended.accept("line-1", at=START + timedelta(hours=1))

    assert (reopened.state, reopened.next_time) == (RowState.ACCEPTED, START + timedelta(hours=1))
    assert reopened.deny("line-2", at=START + timedelta(hours=2)).ending == ended.ending
    assert same == ended


@pytest.mark.parametrize(("state", "reason"), [(RowState.DELIVERED, None), (RowState.FAILED, FailureReason.GIVEN_UP)])
def test_what_a_person_has_decided_is_not_asked_about(state: RowState, reason: FailureReason | None) -> None:
    """An acceptance that comes after a decision is evidence, and changes nothing (I8)."""
    uncertain = begin(make_row()).give_up(UncertaintyReason.ANSWER_LOST, at=START)
    decided = uncertain.close(state, at=START, reason=reason)
    late = decided.accept("line-1", at=START)

    assert (late.state, late.ending) == (state, decided.ending)
    assert late.acceptance is not None


def test_of_two_failures_the_last_is_the_end() -> None:
    """A row fails when its last id has."""
    later = START + timedelta(hours=1)
    row = accept("line-1", "line-2").fail("line-2", FailureReason.LINE_INTERNAL, at=later)
    failed = row.fail("line-1", FailureReason.RECIPIENTS_BELOW_MINIMUM, at=later + timedelta(hours=1))

    assert failed.ending is not None
    assert (failed.ending.time, failed.ending.reason) == (
        later + timedelta(hours=1),
        FailureReason.RECIPIENTS_BELOW_MINIMUM,
    )


def test_a_late_acceptance_is_kept_as_evidence_of_an_uncertain_row() -> None:
    """UNCERTAIN is left by a person alone, who sees what came late (I8)."""
    row = begin(make_row()).give_up(UncertaintyReason.ANSWER_LOST, at=START).accept("line-1", at=START)

    assert row.state is RowState.UNCERTAIN
    assert row.acceptance is not None
    assert row.acceptance.ids == ("line-1",)


def test_the_time_of_acceptance_becomes_lines_own() -> None:
    """We may learn of it hours later; of two ids the earlier one counts."""
    ours = begin(make_row()).accept("line-1", at=START + timedelta(hours=20))
    theirs = ours.confirm(START + timedelta(minutes=1))

    assert theirs.acceptance is not None
    assert theirs.acceptance.time == START + timedelta(minutes=1)
    assert theirs.confirm(START).acceptance == theirs.acceptance.confirm(START)
    assert theirs.confirm(START + timedelta(hours=1)).acceptance == theirs.acceptance


def test_a_cancellation_ends_what_was_not_called_and_is_noted_where_line_decides() -> None:
    """The answer to a call that is under way decides; what LINE has taken can't be cancelled."""
    calling = begin(make_row()).cancel(at=START)

    assert make_row().cancel(at=START).state is RowState.CANCELLED
    assert calling.state is RowState.CALLING
    assert calling.put_off(WaitReason.RATE_LIMITED, at=START).state is RowState.CANCELLED
    assert calling.refuse(FailureReason.REQUEST_REFUSED, at=START).state is RowState.CANCELLED
    assert calling.doubt(at=START).refuse(FailureReason.REQUEST_REFUSED, at=START).state is RowState.CANCELLED
    assert calling.accept("line-1", at=START).state is RowState.ACCEPTED
    with pytest.raises(LedgerViolation):
        accept("line-1").cancel(at=START)


def test_what_was_ended_meanwhile_stays_so() -> None:
    """Whoever worked on a row when its caller or an operator ended it has nothing more to say, save an acceptance."""
    cancelled = make_row().cancel(at=START)
    forgotten = begin(make_row()).forget(at=START)
    later = START + timedelta(minutes=1)

    assert cancelled.postpone(WaitReason.FACTS_UNKNOWN, at=later) == cancelled
    assert forgotten.doubt(at=later) == forgotten
    assert forgotten.refuse(FailureReason.REQUEST_REFUSED, at=later) == forgotten
    assert forgotten.put_off(WaitReason.RATE_LIMITED, at=later) == forgotten
    assert forgotten.accept("line-1", at=later).state is RowState.UNCERTAIN


def test_reservations_grow_and_go_where_line_was_never_asked() -> None:
    """A row that ends without a call frees its messages; one that LINE took or refused holds them (R14)."""
    row = make_row().reserve(Reservation("U1", 100)).reserve(Reservation("U1", 60))

    assert row.reservation == Reservation("U1", 100)
    assert row.expire(at=START + LIFETIME).reservation is None
    assert row.cancel(at=START).reservation is None
    assert begin(row).refuse(FailureReason.REQUEST_REFUSED, at=START).reservation == row.reservation


def test_only_a_person_leaves_uncertainty() -> None:
    """Each decision has a state of its own, and no other row is decided (I8)."""
    row = begin(make_row()).give_up(UncertaintyReason.ANSWER_LOST, at=START)

    assert row.close(RowState.SUPERSEDED, at=START).state is RowState.SUPERSEDED
    assert row.close(RowState.FAILED, at=START, reason=FailureReason.GIVEN_UP).state is RowState.FAILED
    with pytest.raises(LedgerViolation):
        make_row().close(RowState.DELIVERED, at=START)
