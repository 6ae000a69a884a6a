"""LINE, callers and clocks at their worst against one row: people get it once, and it ends (architecture 5)."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from delivery.domain.sending.failures import FailureReason
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.settling import settle
from delivery.domain.sending.values import KEY_LIFETIME, RowState, WaitReason
from tests.strategies.rows import LIFETIME, START, begin, make_row

LINES_KEY_LIFETIME = timedelta(hours=24)
OPEN = (RowState.READY, RowState.CALLING, RowState.ACCEPTED)
NEVER_TAKEN = (RowState.READY, RowState.REFUSED, RowState.EXPIRED, RowState.CANCELLED)


class Row(RuleBasedStateMachine):
    """One row, whose dispatcher follows the rules."""

    def __init__(self) -> None:
        """Start with a new row, to which LINE has done nothing."""
        super().__init__()
        self.row: SendRow = make_row()
        self.now = START
        self.machine_age = timedelta(0)
        self.bytes_of_key: dict[str, bytes] = {}
        self.taken: dict[str, list[object]] = {}
        self.was_accepted = False
        self.delivered: set[str] = set()

    @rule(minutes=st.integers(1, 9 * 60), stalled=st.booleans())
    def wait(self, minutes: int, stalled: bool) -> None:  # noqa: FBT001 - drawn by name
        """Let time pass; business time may stand still while the machines' goes on."""
        span = timedelta(minutes=minutes)
        self.now += timedelta(0) if stalled else span
        self.machine_age += span

    @precondition(lambda self: self.row.state in (RowState.READY, RowState.CALLING) or self.row.repeats)
    @rule(
        taken=st.booleans(),
        answer=st.sampled_from(["lost", "accepted", "refused", "rate", "held", "credentials", "no token"]),
    )
    def dispatch(self, taken: bool, answer: str) -> None:  # noqa: FBT001 - drawn by name
        """Do what a worker does; LINE takes the call or not, and its answer, if it comes, is true."""
        age = self.machine_age if self.row.attempt else None
        settled = settle(self.row, at=self.now, age=age)
        if settled is not None:
            self.row = settled
            return
        if answer == "no token":
            self.row = self.row.postpone(WaitReason.CREDENTIALS_REFUSED, at=self.now)
            return
        self.machine_age = timedelta(0) if self.row.attempt is None else self.machine_age
        begun = begin(self.row, at=self.now, age=age)
        key, body = str(begun.retry_key), begun.require_attempt().body
        assert self.bytes_of_key.setdefault(key, body) == body
        self.row = self._answer(begun, key, taken or answer == "accepted", answer)

    def _answer(self, row: SendRow, key: str, taken: bool, answer: str) -> SendRow:  # noqa: FBT001 - drawn by name
        if taken or key in self.taken:
            times = self.taken.setdefault(key, [])
            if not times:
                times.append(self.now)
            return row.accept("line-1", at=self.now) if answer == "accepted" else row.doubt(at=self.now)
        match answer:
            case "refused":
                return row.refuse(FailureReason.REQUEST_REFUSED, at=self.now)
            case "rate":
                return row.put_off(WaitReason.RATE_LIMITED, at=self.now)
            case "held":
                return row.put_off(WaitReason.QUOTA_HELD, at=self.now)
            case "credentials":
                return row.put_off(WaitReason.CREDENTIALS_REFUSED, at=self.now)
        return row.doubt(at=self.now)

    @precondition(lambda self: self.row.state in (RowState.READY, RowState.CALLING))
    @rule()
    def cancel(self) -> None:
        """Let the caller cancel."""
        self.row = self.row.cancel(at=self.now)

    @precondition(lambda self: self.row.state is RowState.ACCEPTED and not self.row.repeats)
    @rule(outcome=st.sampled_from(["delivered", "denied", "failed"]))
    def end(self, outcome: str) -> None:
        """Let LINE tell how it ended."""
        assert self.row.acceptance is not None
        line_request_id = self.row.acceptance.open_ids[0]
        match outcome:
            case "delivered":
                self.delivered.add(line_request_id)
                self.row = self.row.deliver(line_request_id, at=self.now)
            case "denied":
                self.row = self.row.deny(line_request_id, at=self.now)
            case "failed":
                self.row = self.row.fail(line_request_id, FailureReason.LINE_INTERNAL, at=self.now)

    @precondition(lambda self: bool(self.taken))
    @rule(number=st.integers(1, 3))
    def hear_late(self, number: int) -> None:
        """Let another replica's answer come late: LINE has taken the key under one more id (LP 1.9)."""
        self.row = self.row.accept(f"line-{number}", at=self.now)

    @invariant()
    def two_deliveries_are_never_called_one(self) -> None:
        """Leave what was delivered twice to a person, once nothing else is asked for."""
        if len(self.delivered) > 1:
            assert self.row.state in (RowState.ACCEPTED, RowState.UNCERTAIN)

    @invariant()
    def people_get_it_once(self) -> None:
        """LINE never takes the row under two keys, nor under one that it has forgotten."""
        assert len(self.taken) <= 1
        assert KEY_LIFETIME < LINES_KEY_LIFETIME

    @invariant()
    def what_was_taken_is_never_called_ended(self) -> None:
        """Let a refusal, an end or a new generation stand only where LINE has done nothing (I5)."""
        if self.row.state in NEVER_TAKEN:
            assert not self.taken

    @invariant()
    def acceptance_stays(self) -> None:
        """Keep what was accepted accepted, or ended by LINE or by a person (I6)."""
        self.was_accepted = self.was_accepted or self.row.acceptance is not None
        if self.was_accepted:
            assert self.row.state not in (RowState.READY, RowState.CALLING, *NEVER_TAKEN)

    @invariant()
    def something_is_due_while_it_is_open(self) -> None:
        """Keep every open row due some day, and none that has ended."""
        assert (self.row.next_time is not None) == (self.row.state in OPEN)

    def teardown(self) -> None:
        """Let 15 days pass without an answer: every row ends, with a reason or its deadline."""
        self.now += timedelta(days=15) + LIFETIME
        settled = settle(self.row, at=self.now, age=timedelta(days=16))
        ended = settled if settled is not None else self.row

        assert ended.state not in OPEN


TestRow = Row.TestCase
TestRow.settings = settings(max_examples=200, stateful_step_count=20, deadline=None)
