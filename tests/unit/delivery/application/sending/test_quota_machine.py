"""Orders, other tools and days against one month: no call leaves that the month can't hold (R14)."""

import asyncio
import json
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from delivery.application.campaigns.ordering import SendOrder
from delivery.application.line_port import Phase, QuotaHeld
from delivery.domain.policy.clearance import PolicyRefused
from delivery.domain.policy.facts import ChannelFacts
from delivery.domain.sending.quota import Allowance
from delivery.domain.sending.values import RowState
from tests.unit.delivery.application.handling import CHANNEL, make_delivery, make_once

SIZE = 10_000
ACCOUNT = "U-acme"
CHANNELS = (CHANNEL, "channels/bee")


class Month(RuleBasedStateMachine):
    """Two channels of one Official Account, which others use too."""

    def __init__(self) -> None:
        """Begin a month of which nothing is used."""
        super().__init__()
        self.delivery = make_delivery()
        self.delivery.facts.put(ChannelFacts(CHANNELS[1], 3000, "jp", timedelta(hours=48), ACCOUNT))
        self.delivery.line.quota = Allowance(SIZE, 0)
        self.count = 0

    @rule(channel=st.sampled_from(CHANNELS), limit=st.integers(50, SIZE + 1))
    def order(self, channel: str, limit: int) -> None:
        """Order a send of up to so many messages: exactly what is left is taken, and no more."""
        name = f"{channel}/campaigns/c{self.count}"
        self.count += 1
        asyncio.run(self.delivery.create(name, recipient_limit=limit))
        asyncio.run(self.delivery.use_cases.checking.check(name))  # publishes the usage of today
        promised = self._promised()
        try:
            asyncio.run(self.delivery.use_cases.ordering.order(SendOrder(name, "", frozenset()), make_once()))
        except PolicyRefused:
            assert promised + limit > SIZE
        else:
            assert self._promised() <= max(promised, SIZE)

    @rule(used=st.integers(0, 3000))
    def burn(self, used: int) -> None:
        """Let another tool send, which the published usage does not show today."""
        self._use(used)

    @rule()
    def dispatch(self) -> None:
        """Let a worker do its work: what leaves fits beside all that was begun, and into what LINE counts as left."""
        quota = self.delivery.line.quota
        assert quota is not None
        before = len(self.delivery.line.attempts)
        asyncio.run(self.delivery.dispatch())
        for sent in self.delivery.line.attempts[before:]:
            assert json.loads(sent.cleared.body)["limit"]["max"] <= quota.left
            assert self._usage() + self._begun() <= SIZE

    @rule()
    def refuse(self) -> None:
        """Let LINE refuse the next call, as if another tool's send were under way."""
        self.delivery.line.answer_next(QuotaHeld("429"))
        self.dispatch()

    @rule()
    def deliver(self) -> None:
        """Let LINE deliver all that it has, and count it."""
        for line_id, sent in self.delivery.line.narrowcasts.items():
            report = asyncio.run(self.delivery.line.get_progress(sent.cleared.channel, line_id))
            if report is not None and report.phase is Phase.WAITING:
                self.delivery.line.move(line_id, Phase.SUCCEEDED)
                self._use(json.loads(sent.cleared.body)["limit"]["max"])
        while asyncio.run(self.delivery.follow()):
            pass

    @rule(minutes=st.sampled_from([1, 2, 30, 600, 1440]))
    def wait(self, minutes: int) -> None:
        """Let time pass."""
        self.delivery.advance(timedelta(minutes=minutes))

    @invariant()
    def what_was_never_asked_for_holds_nothing(self) -> None:
        """Rows that ended without having been sent have no reservation; all others have one."""
        for row in self.delivery.store.ledger.stored.values():
            assert (row.reservation is None) == (row.state is RowState.EXPIRED)

    def _use(self, count: int) -> None:
        quota = self.delivery.line.quota
        assert quota is not None
        self.delivery.line.quota = Allowance(SIZE, quota.used + count)

    def _usage(self) -> int:
        usage = self.delivery.store.quota.stored.get(ACCOUNT)
        return usage.message_count if usage else 0

    def _promised(self) -> int:
        return self._usage() + self._held(frozenset(RowState))

    def _begun(self) -> int:
        return self._held(frozenset(RowState) - {RowState.READY})

    def _held(self, states: frozenset[RowState]) -> int:
        usage = self.delivery.store.quota.stored.get(ACCOUNT)
        return sum(
            row.reservation.message_count
            for row in self.delivery.store.ledger.stored.values()
            if row.reservation and row.state in states and not (usage and usage.covers(row.ending))
        )


TestMonth = Month.TestCase
TestMonth.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
