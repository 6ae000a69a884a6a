"""Delivery before the sandbox, when LINE takes two attempts under one key (LP 1.9): over HTTP and PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncpg
import pytest

from delivery.adapters.line import LineApiInsight, LineApiMessages, open_line
from delivery.adapters.line_tokens import LineTokens
from delivery.adapters.store.transaction import build_transaction
from delivery.application.campaigns.ordering import SendOrder
from delivery.bootstrap import UseCases, build_use_cases
from delivery.domain.campaigns.campaign import Campaign, CampaignState
from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.content.inspection import inspect
from delivery.domain.sending.failures import UncertaintyReason
from delivery.domain.targeting.trees import AttributeNode, Gender, GenderFilter
from kit.ids import RandomIds
from kit.store.engine import open_database
from kit.store.uow import SqlUnitOfWork
from sandbox import app
from sandbox.faults import Fault
from sandbox.line.settings import LineSettings
from sandbox.settings import Settings
from tests.fakes.alarms import FakeAlarms
from tests.fakes.bus import FakeReadback
from tests.infrastructure.eventually import eventually
from tests.infrastructure.line_tokens import SandboxIssuer
from tests.integration.delivery.handling import CHANNEL, make_once, make_outside
from tests.strategies.policy import MESSAGES, make_targeting

NARROWCAST = "/v2/bot/message/narrowcast"
NAME = f"{CHANNEL}/campaigns/may"
LEASE_S, HOUR_S = 13, 3600
WOMEN: AttributeNode = GenderFilter((Gender.FEMALE,))


@dataclass(slots=True)
class Sending:
    """Use cases before a real LINE client and the sandbox, whose clock is business time too."""

    use_cases: UseCases
    sandbox: app.RunningSandbox
    alarms: FakeAlarms
    connection: "asyncpg.Connection[asyncpg.Record]"

    async def order(self) -> None:
        """Create a campaign to women, and order its send."""
        draft = NewCampaign(
            name=NAME,
            display_name="春のセール",
            targeting=make_targeting(attributes=WOMEN),
            messages=MESSAGES,
            content=inspect([{"type": "text", "text": "春のセール"}]),
        )
        await self.use_cases.campaigns.create(draft, make_once())
        await self.use_cases.ordering.order(SendOrder(NAME, "", frozenset()), make_once())

    async def dispatch(self) -> None:
        """Make one call to LINE."""
        claim = await self.use_cases.dispatching.claim()
        assert claim is not None
        await self.use_cases.dispatching.work(claim)

    async def follow(self) -> None:
        """Ask for progress as often as something is due."""
        while (claim := await self.use_cases.progress.claim()) is not None:
            await self.use_cases.progress.work(claim)

    async def get(self) -> Campaign:
        """Return the campaign."""
        return (await self.use_cases.campaigns.get(NAME)).campaign

    def advance(self, seconds: float) -> None:
        """Move business time, LINE's and ours."""
        self.sandbox.state.clock.advance(seconds)

    def list_sends(self) -> list[Any]:
        """Return what LINE has accepted, in its order."""
        return list(self.sandbox.state.line.sends.values())

    def count_calls(self) -> int:
        """Return how many narrowcasts LINE was asked for."""
        return len(list(self.sandbox.state.journal.find(path=NARROWCAST)))

    async def lose_claims(self) -> None:
        """Let all claims run out, as of a process that stands still."""
        await self.connection.execute("UPDATE send_requests SET claim_expire_time = now() - interval '1 second'")
        self.advance(LEASE_S)

    async def read_last_ids(self) -> list[str]:
        """Return the ids that the last event names."""
        body = await self.connection.fetchval("SELECT body FROM outbox ORDER BY id DESC LIMIT 1")
        return list(json.loads(body)["lineRequestIds"])


@pytest.fixture
async def sending(delivery_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Sending]:
    """Give the use cases; the sandbox has the switches that the test names."""
    switches = LineSettings(waiting_time=30.0, retry_race=getattr(request, "param", "never"), retry_race_time=120.0)
    async with AsyncExitStack() as resources:
        sandbox = await app.start(Settings(friends=1_000, line=switches))
        resources.push_async_callback(sandbox.aclose)
        sandbox.state.clock.run_at(0)
        client = await resources.enter_async_context(open_line(sandbox.url))
        database = open_database(delivery_url, application_name="test")
        resources.push_async_callback(database.close)
        connection = await asyncpg.connect(delivery_url.replace("+asyncpg", ""))
        resources.push_async_callback(connection.close)
        tokens, alarms = LineTokens(SandboxIssuer(client)), FakeAlarms()
        use_cases = build_use_cases(
            SqlUnitOfWork(database, partial(build_transaction, ids=RandomIds())),
            facts=make_outside().facts,
            messages=LineApiMessages(client, tokens),
            insight=LineApiInsight(client, tokens),
            stream=FakeReadback(),
            alarms=alarms,
            clock=sandbox.state.clock,
        )
        yield Sending(use_cases, sandbox, alarms, connection)


async def race(sending: Sending) -> list[str]:
    """Let two processes call under one key; the first is answered last. Return LINE's ids, in its order."""
    sending.sandbox.state.faults.add(Fault(NARROWCAST, "delay", when="after", seconds=1.0))
    await sending.order()
    first = asyncio.create_task(sending.dispatch())
    await eventually(lambda: len(sending.list_sends()) == 1)
    await sending.lose_claims()
    await sending.dispatch()
    await first
    sends = sending.list_sends()
    assert len({send.retry_key for send in sends} - {None}) == 1
    return [send.request_id for send in sends]


@pytest.mark.parametrize(("sending", "counts"), [("later_fails", 0), ("earlier_fails", 1)], indirect=["sending"])
async def test_one_of_two_acceptances_counts(sending: Sending, counts: int) -> None:
    """Both ids are asked for; code 3 leaves the one that events and statistics go by (I6)."""
    ids = await race(sending)
    sending.advance(HOUR_S)
    await sending.follow()
    observation = await sending.use_cases.observing.observe(NAME)

    assert (await sending.get()).state is CampaignState.SUCCEEDED
    assert await sending.read_last_ids() == [ids[counts]]
    assert [entry.request for entry in observation.requests] == [f"{NAME}/requests/1"]
    assert sending.alarms.accepted_twice == []
    assert sum(send.phase == "succeeded" for send in sending.list_sends()) == 1


@pytest.mark.parametrize("sending", ["both_deliver"], indirect=True)
async def test_two_deliveries_are_told_as_such(sending: Sending) -> None:
    """People got it twice: an alarm, and a person who sees both ids."""
    ids = await race(sending)
    sending.advance(HOUR_S)
    await sending.follow()
    campaign = await sending.get()

    assert campaign.state is CampaignState.UNCERTAIN
    assert campaign.uncertainty is not None
    assert campaign.uncertainty.reason is UncertaintyReason.ACCEPTED_TWICE
    assert set(campaign.uncertainty.line_request_ids) == set(await sending.read_last_ids()) == set(ids)
    assert sending.alarms.accepted_twice == [f"{NAME}/requests/1"]


async def test_a_conflict_that_shows_in_the_progress_alone(sending: Sending) -> None:
    """LINE calls the one id that it has told a repetition: the same key finds the other, and one call more is made."""
    sending.sandbox.state.faults.add(Fault(NARROWCAST, "narrowcast_failure", error_code=3))
    await sending.order()
    await sending.dispatch()
    sending.advance(HOUR_S)
    await sending.follow()
    sending.advance(LEASE_S)
    await sending.dispatch()
    await sending.follow()
    counts = next(send.request_id for send in sending.list_sends() if send.phase == "succeeded")

    assert (await sending.get()).state is CampaignState.SUCCEEDED
    assert await sending.read_last_ids() == [counts]
    assert sending.count_calls() == 2
