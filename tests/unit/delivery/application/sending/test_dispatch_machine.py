"""LINE, callers, clocks and workers at their worst, against the whole dispatch: people get it once (architecture 5)."""

import asyncio
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

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
from delivery.domain.campaigns.campaign import CampaignState
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
        """Order three sends."""
        super().__init__()
        self.delivery: Delivery = make_delivery()
        for name in NAMES:
            asyncio.run(self.delivery.order(name))

    @rule(minutes=st.sampled_from([0, 1, 10, 60, 600, 1500]))
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
        """LINE has each campaign once at most."""
        rows = [sent.cleared.row for sent in self.delivery.line.narrowcasts.values()]
        assert len(rows) == len(set(rows))

    @invariant()
    def what_is_told_is_true(self) -> None:
        """Call nothing expired, failed or cancelled that LINE has taken."""
        taken = {sent.cleared.row.rsplit("/", 2)[0] for sent in self.delivery.line.narrowcasts.values()}
        for name, campaign in self.delivery.store.campaigns.stored.items():
            if campaign.state in (CampaignState.EXPIRED, CampaignState.FAILED, CampaignState.CANCELLED):
                assert name not in taken
            if campaign.state is CampaignState.SUCCEEDED:
                assert name in taken

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
