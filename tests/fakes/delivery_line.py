"""LINE behind the ports `LineMessages` and `LineInsight`, with outcomes that a test scripts."""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from delivery.application.line_port import (
    Accepted,
    InDoubt,
    Phase,
    ProgressReport,
    RequestFigures,
    SendOutcome,
)
from delivery.domain.content.inspection import MessageViolation
from delivery.domain.policy.clearance import Cleared
from delivery.domain.sending.failures import NarrowcastFailure
from delivery.domain.sending.quota import Allowance
from kit.clock import Clock
from kit.errors import ServiceError

KEY_LIFETIME = timedelta(hours=24)
MEMORY = timedelta(days=14)

LOST = InDoubt("POST /v2/bot/message/narrowcast: no answer from LINE")
NO_FIGURES = RequestFigures(None, None, None, None, None, bubbles=(), links=())


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt that arrived: what was to be sent, under which key."""

    cleared: Cleared
    retry_key: UUID


@dataclass(frozen=True, slots=True)
class _Scripted:
    outcome: SendOutcome
    accepts: bool


class FakeLine:
    """Accepts every narrowcast unless a test says otherwise, and keeps what it was asked.

    Like LINE it answers a key that it has accepted with the same request id for 24 hours, and takes it for a new one
    after that (LP 1.9); it knows a narrowcast for 14 days (LP 4.8). `narrowcasts` holds what people received;
    `on_token` is called whenever a token is asked for. While `races` is set no attempt meets an accepted key (LP 1.9).
    `quota` is the month's messages, None for no limit: sends don't move it, nor does it refuse any; `on_quota` is
    called whenever it is asked for.
    """

    def __init__(self, clock: Clock) -> None:
        self.attempts: list[Sent] = []
        self.narrowcasts: dict[str, Sent] = {}
        self.violations: tuple[MessageViolation, ...] = ()
        self.validated: list[bytes] = []
        self.figures: dict[str, RequestFigures] = {}
        self.insight_calls: list[str] = []
        self.quota: Allowance | None = None
        self.quota_calls: list[str] = []
        self.races = False
        self.on_token: Callable[[], None] = lambda: None
        self.on_quota: Callable[[], None] = lambda: None
        self._clock = clock
        self._script: deque[_Scripted] = deque()
        self._accepted: dict[UUID, str] = {}
        self._progress: dict[str, ProgressReport] = {}
        self._failures: deque[ServiceError] = deque()
        self._token_failures: deque[ServiceError] = deque()
        self._meanwhile: deque[Callable[[], Awaitable[object]]] = deque()
        self._quota_failures: deque[ServiceError] = deque()

    def answer_next(self, *outcomes: SendOutcome) -> None:
        """Let the next sends end so, one each; LINE takes nothing by them."""
        self._script += [_Scripted(outcome, accepts=False) for outcome in outcomes]

    def lose_next_answer(self, *, accepted: bool) -> None:
        """Lose the answer to the next send, which LINE has taken or not."""
        self._script.append(_Scripted(LOST, accepts=accepted))

    def during_next_send(self, act: Callable[[], Awaitable[object]]) -> None:
        """Let something happen while the next send is under way: it has left, and LINE has not answered yet."""
        self._meanwhile.append(act)

    def refuse_tokens(self, *errors: ServiceError) -> None:
        """Let the next calls have no token, one error each."""
        self._token_failures += errors

    def refuse_quota(self, *errors: ServiceError) -> None:
        """Let the next questions for the month's messages raise these errors, one each."""
        self._quota_failures += errors

    def fail_next(self, *errors: ServiceError) -> None:
        """Let the next calls that are neither sends nor about the month's messages raise these errors, one each."""
        self._failures += errors

    def forget(self, request_id: str) -> None:
        """Let a narrowcast be unknown, as LINE says of it."""
        del self._progress[request_id]

    def move(self, request_id: str, phase: Phase, *, failure: NarrowcastFailure | None = None) -> None:
        """Let a narrowcast go on; the final phases end it now."""
        ended = self._clock.now() if phase in (Phase.SUCCEEDED, Phase.FAILED) else None
        report = self._progress[request_id]
        self._progress[request_id] = replace(report, phase=phase, complete_time=ended, failure=failure)

    async def open_call(self, channel: str) -> "FakeCall":  # noqa: ARG002 - the port's
        """See the port; fails as `refuse_tokens` says."""
        self.on_token()
        if self._token_failures:
            raise self._token_failures.popleft()
        return FakeCall(self)

    async def attempt(self, sent: Sent) -> SendOutcome:
        """Answer an attempt that has arrived."""
        self.attempts.append(sent)
        if self._meanwhile:
            await self._meanwhile.popleft()()
        if self._script:
            scripted = self._script.popleft()
            if scripted.accepts:
                self._accept(sent)
            return scripted.outcome
        return self._accept(sent)

    async def get_progress(self, channel: str, request_id: str) -> ProgressReport | None:
        """See the port."""
        self._raise_failure()
        report = self._progress.get(request_id)
        known = (
            report is not None
            and self.narrowcasts[request_id].cleared.channel == channel
            and self._clock.now() < report.accept_time + MEMORY
        )
        return report if known else None

    async def validate(self, channel: str, messages: bytes) -> tuple[MessageViolation, ...]:  # noqa: ARG002 - the port's
        """See the port."""
        self._raise_failure()
        self.validated.append(messages)
        return self.violations

    async def get_quota(self, channel: str) -> Allowance | None:
        """See the port; fails as `refuse_quota` says."""
        self.quota_calls.append(channel)
        self.on_quota()
        if self._quota_failures:
            raise self._quota_failures.popleft()
        return self.quota

    async def get_message_event(self, channel: str, request_id: str) -> RequestFigures:  # noqa: ARG002 - the port's
        """See the port; without figures of its own a request has only nulls."""
        self._raise_failure()
        self.insight_calls.append(request_id)
        return self.figures.get(request_id, NO_FIGURES)

    def _accept(self, sent: Sent) -> Accepted:
        earlier = None if self.races else self._accepted.get(sent.retry_key)
        if earlier is not None and self._clock.now() < self._progress[earlier].accept_time + KEY_LIFETIME:
            return Accepted(earlier, already=True)
        request_id = f"line-request-{len(self.narrowcasts) + 1}"
        self._accepted[sent.retry_key] = request_id
        self.narrowcasts[request_id] = sent
        self._progress[request_id] = ProgressReport(Phase.WAITING, accept_time=self._clock.now())
        return Accepted(request_id, already=False)

    def _raise_failure(self) -> None:
        if self._failures:
            raise self._failures.popleft()


class FakeCall:
    """`LineCall` to a `FakeLine`."""

    def __init__(self, line: FakeLine) -> None:
        self._line = line

    async def send_narrowcast(self, cleared: Cleared, *, retry_key: UUID) -> SendOutcome:
        """See the port."""
        return await self._line.attempt(Sent(cleared, retry_key))
