"""LINE, callers, clocks and workers at their worst, against the whole dispatch: people get it once (architecture 5).

Callers cancel at any time, and people decide about what is uncertain: rightly, since they have looked at LINE's own
statistics, or by sending it again.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from delivery.application.line_port import (
    CredentialsRefused,
    LineCredentialsRefused,
    LineUnavailable,
    Phase,
    QuotaHeld,
    RateLimited,
    RefusalKind,
    Refused,
    SendOutcome,
    Unreached,
)
from delivery.domain.campaigns.campaign import CampaignState, Decision
from delivery.domain.errors import AttemptMayStillRun, CampaignInFlight, CampaignNotCancellable
from delivery.domain.sending.row import SendRow
from delivery.domain.sending.values import TOKEN_LIFETIME, RowState
from kit.errors import Unavailable
from tests.unit.delivery.application.handling import CHANNEL, Delivery, make_delivery

NAMES = tuple(f"{CHANNEL}/campaigns/c{number}" for number in range(3))
REFUSALS: tuple[SendOutcome, ...] = (
    RateLimited("429"),
    QuotaHeld("429"),
    CredentialsRefused("401"),
    Unreached("no connection"),
    Refused(RefusalKind.REQUEST_REFUSED, "400"),
)


class Dispatch(RuleBasedStateMachine):
    """Three orders of one channel."""

    def __init__(self) -> None:
        """Order three sends, of which one is uncertain by now."""
        super().__init__()
        self.delivery: Delivery = make_delivery()
        self.sent_again: Counter[str] = Counter()
        asyncio.run(self.delivery.lose(name=NAMES[0]))
        for name in NAMES[1:]:
            asyncio.run(self.delivery.order(name))

    @rule(minutes=st.sampled_from([0, 1, 10, 60, 600, 1500, 21_000]))
    def wait(self, minutes: int) -> None:
        """Let time pass; facts stay fresh."""
        self.delivery.advance(timedelta(minutes=minutes))

    @rule()
    def dispatch(self) -> None:
        """Let a worker do its work."""
        asyncio.run(self.delivery.dispatch())

    @rule()
    def overtake(self) -> None:
        """Let a worker stand still with its claim while another one takes over, then let both go on."""

        async def both() -> None:
            first = await self.delivery.use_cases.dispatching.claim()
            self.delivery.store.ledger.expire()
            await self.delivery.dispatch()
            if first is not None:
                await self.delivery.use_cases.dispatching.work(first)

        asyncio.run(both())

    @rule(accepted=st.booleans())
    def lose(self, accepted: bool) -> None:  # noqa: FBT001 - drawn by name
        """Lose the answer to a call that LINE has taken or not."""
        self.delivery.line.lose_next_answer(accepted=accepted)
        asyncio.run(self.delivery.dispatch())

    @rule(outcome=st.sampled_from(REFUSALS))
    def refuse(self, outcome: SendOutcome) -> None:
        """Let LINE refuse the next call."""
        self.delivery.line.answer_next(outcome)
        asyncio.run(self.delivery.dispatch())

    @rule(error=st.sampled_from([LineCredentialsRefused(CHANNEL), LineUnavailable(), Unavailable("audience")]))
    def refuse_token(self, error: LineCredentialsRefused | LineUnavailable | Unavailable) -> None:
        """Let no token be had."""
        self.delivery.line.refuse_tokens(error)
        asyncio.run(self.delivery.dispatch())

    @rule(name=st.sampled_from(NAMES))
    def cancel(self, name: str) -> None:
        """Let the caller cancel, in vain where it is too late."""
        with suppress(CampaignInFlight, CampaignNotCancellable):
            asyncio.run(self.delivery.cancel(name))

    @rule(name=st.sampled_from(NAMES))
    def cancel_during_a_call(self, name: str) -> None:
        """Let the caller cancel while LINE is being called, for this campaign or for another one."""

        async def cancel() -> None:
            with suppress(CampaignInFlight, CampaignNotCancellable):
                await self.delivery.cancel(name)

        self.delivery.line.during_next_send(cancel)
        asyncio.run(self.delivery.dispatch())

    @precondition(lambda self: self.list_uncertain())
    @rule(pick=st.integers(0, 2), again=st.booleans())
    def resolve(self, pick: int, again: bool) -> None:  # noqa: FBT001 - drawn by name
        """Let a person decide what became of the newest row, or have it sent again."""
        uncertain = self.list_uncertain()
        name = uncertain[pick % len(uncertain)]
        knows = Decision.SENT if self.newest_row(name) in self.list_taken_rows() else Decision.NOT_SENT_GIVE_UP
        with suppress(AttemptMayStillRun):
            asyncio.run(self.delivery.resolve(name, Decision.SEND_AGAIN if again else knows))
            self.sent_again[name] += again

    @rule()
    def close(self) -> None:
        """End what needs no call, and find every order over that is past its end."""
        while asyncio.run(self.delivery.close()):
            pass
        free = [row for row in self.delivery.store.ledger.stored.values() if self.delivery.store.ledger.is_free(row)]
        late = [row for row in free if row.deadline.last_start <= self.delivery.clock.now()]
        assert all(row.state is not RowState.READY for row in late)

    @rule()
    def follow(self) -> None:
        """Ask for the progress of a row."""
        asyncio.run(self.delivery.follow())

    @rule(phase=st.sampled_from([Phase.SENDING, Phase.SUCCEEDED]))
    def deliver(self, phase: Phase) -> None:
        """Let LINE go on with all that it has."""
        for request_id in self.delivery.line.narrowcasts:
            self.delivery.line.move(request_id, phase)

    @invariant()
    def nobody_gets_it_twice(self) -> None:
        """Let LINE have each campaign once, and once more each time that a person had it sent again."""
        rows = self.list_taken_rows()
        assert len(rows) == len(set(rows))
        for name in NAMES:
            assert len(self.list_rows(name)) == 1 + self.sent_again[name]

    @invariant()
    def what_is_told_is_true(self) -> None:
        """Call nothing expired, failed or cancelled that LINE has taken, as far as it was sent last."""
        taken = self.list_taken_rows()
        for name, campaign in self.delivery.store.campaigns.stored.items():
            if campaign.state in (CampaignState.EXPIRED, CampaignState.FAILED, CampaignState.CANCELLED):
                assert self.newest_row(name) not in taken
            if campaign.state is CampaignState.SUCCEEDED:
                assert self.newest_row(name) in taken

    @invariant()
    def rows_never_meet(self) -> None:
        """Begin no call of a new row while one of the row before it may still reach LINE (I3)."""
        for name in NAMES:
            rows = self.list_rows(name)
            for before, after in pairwise(rows):
                assert before.state is RowState.SUPERSEDED
                if before.attempt and after.attempt:
                    assert after.attempt.first_time >= before.attempt.last_time + TOKEN_LIFETIME

    def list_taken_rows(self) -> list[str]:
        """Return the names of the rows that LINE has taken."""
        return [sent.cleared.row for sent in self.delivery.line.narrowcasts.values()]

    def list_uncertain(self) -> list[str]:
        """Return the names of the campaigns that wait for a person."""
        stored = self.delivery.store.campaigns.stored
        return [name for name in NAMES if stored[name].state is CampaignState.UNCERTAIN]

    def list_rows(self, name: str) -> list[SendRow]:
        """Return a campaign's rows."""
        return asyncio.run(self.delivery.store.ledger.list_of_campaign(name))

    def newest_row(self, name: str) -> str:
        """Return the name of a campaign's newest row."""
        return self.list_rows(name)[-1].name

    def teardown(self) -> None:
        """Let 40 days pass with workers at work: every campaign has ended."""
        asyncio.run(self._live_on())

        assert all(campaign.state.is_final for campaign in self.delivery.store.campaigns.stored.values())
        self.nobody_gets_it_twice()
        self.what_is_told_is_true()

    async def _live_on(self) -> None:
        self.delivery.store.ledger.expire()
        for _ in range(40):
            for _ in range(12):
                await self.delivery.dispatch()
                await self.delivery.follow()
            self.delivery.advance(timedelta(days=1))


TestDispatch = Dispatch.TestCase
TestDispatch.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
