"""The use cases of the delivery service over fakes, as their unit tests handle them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from delivery.adapters.events import FACTS, SOURCE
from delivery.application.campaigns.ordering import SendOrder
from delivery.application.campaigns.resolving import Resolved, Ruling
from delivery.application.lookup import Sight
from delivery.application.restores.watching import Watching
from delivery.application.restores.witness import Witness
from delivery.bootstrap import UseCases, build_use_cases
from delivery.domain.campaigns.campaign import Campaign, CampaignState, Decision
from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.content.inspection import inspect
from delivery.domain.policy.facts import ChannelFacts
from delivery.domain.sending.values import KEY_LIFETIME
from kit.store.once import Once
from kit.store.ports import RequestKey
from tests.fakes.alarms import FakeAlarms
from tests.fakes.bus import FakeReadback
from tests.fakes.clock import FakeClock
from tests.fakes.delivery_facts import FakeFacts
from tests.fakes.delivery_line import FakeLine
from tests.fakes.delivery_store import FakeTransaction, make_transaction
from tests.fakes.ids import FakeIds
from tests.fakes.store import FakeUnitOfWork
from tests.strategies.policy import MESSAGES, NOW, make_audience, make_list, make_targeting

CHANNEL = "channels/acme"


def make_once(body: str = "", *, request_id: str | None = None) -> Once:
    """Describe a request."""
    return Once(RequestKey("user:a", "Test", request_id or str(uuid4())), body.encode())


@dataclass(slots=True)
class Delivery:
    """The use cases, what they stand before, and their store."""

    use_cases: UseCases
    line: FakeLine
    facts: FakeFacts
    stream: FakeReadback
    alarms: FakeAlarms
    clock: FakeClock
    machine_clock: FakeClock
    store: FakeTransaction
    uow: FakeUnitOfWork[FakeTransaction]

    async def create(self, name: str = f"{CHANNEL}/campaigns/may", **changes: Any) -> str:
        """Create a good draft, but for the changes; return its name."""
        parts: dict[str, Any] = {
            "name": name,
            "display_name": "春のセール",
            "targeting": make_targeting(),
            "messages": MESSAGES,
            "content": inspect([{"type": "text", "text": "春のセール"}]),
            **changes,
        }
        return (await self.use_cases.campaigns.create(NewCampaign(**parts), make_once())).name

    async def order(self, name: str = f"{CHANNEL}/campaigns/may", **order: Any) -> str:
        """Create a draft and order its send; return its name."""
        await self.create(name)
        await self.order_again(name, **order)
        return name

    async def cancel(self, name: str, *, etag: str = "") -> Campaign:
        """Cancel an order."""
        return (await self.use_cases.cancelling.cancel(name, make_once(), etag=etag)).campaign

    async def resolve(self, name: str, decision: Decision, *, etag: str = "", **changes: Any) -> Resolved:
        """Decide about a campaign as it is now, unless another etag is given."""
        seen = etag or (await self.get(name)).etag
        ruling = Ruling(name, seen, decision, resolver="user:operator", **changes)
        return await self.use_cases.resolving.resolve(ruling, make_once())

    async def lose(self, **order: Any) -> str:
        """Order a send, lose LINE's answer for as long as its key lives, and return the uncertain campaign's name."""
        self.line.lose_next_answer(accepted=False)
        name = await self.order(**order)
        await self.dispatch()
        self.advance(KEY_LIFETIME)
        await self.dispatch()
        assert (await self.get(name)).state is CampaignState.UNCERTAIN
        return name

    async def order_again(self, name: str, **order: Any) -> None:
        """Order the send of a draft that is there."""
        await self.use_cases.ordering.order(SendOrder(name, "", frozenset(), **order), make_once())

    async def dispatch(self) -> bool:
        """Work on one row that LINE is to be called for; False when there is none."""
        claim = await self.use_cases.dispatching.claim()
        if claim is not None:
            await self.use_cases.dispatching.work(claim)
        return claim is not None

    async def close(self) -> bool:
        """End one row for which LINE need not be called; False when there is none."""
        return await self.use_cases.closing.run_once()

    async def follow(self) -> bool:
        """Ask LINE for the progress of one row; False when none is due."""
        claim = await self.use_cases.progress.claim()
        if claim is not None:
            await self.use_cases.progress.work(claim)
        return claim is not None

    def restart(self) -> Watching:
        """Return the watch of a process that starts now."""
        witness = Witness(uow=self.uow, stream=self.stream, source=SOURCE, now=self.machine_clock.now)
        return Watching(uow=self.uow, witness=witness, clock=self.clock, now=self.machine_clock.now)

    async def get(self, name: str) -> Campaign:
        """Return a campaign."""
        return (await self.sight(name)).campaign

    async def sight(self, name: str) -> Sight:
        """Return a campaign as its caller sees it."""
        return await self.use_cases.campaigns.get(name)

    def advance(self, span: timedelta) -> None:
        """Move both clocks; the audience service goes on looking at its audiences."""
        self.clock.advance(span)
        self.machine_clock.advance(span)
        self.facts.refresh(at=self.clock.now())

    def list_log(self, name: str) -> list[str]:
        """Return the entries of a campaign's log of attempts, in order."""
        return [line.entry for line in self.store.ledger.lines if line.row.startswith(f"{name}/")]

    def list_facts(self) -> list[str]:
        """Return what was told, in order, by the last words of the subjects."""
        return [FACTS[type(event)] for event in self.store.outbox.events]


def make_delivery() -> Delivery:
    """Return use cases for which nothing stands against a send to the audience 101."""
    clock, machine_clock = FakeClock(NOW), FakeClock(NOW)
    line, facts = FakeLine(clock), FakeFacts(ChannelFacts(CHANNEL, 3000, "jp", timedelta(hours=24), "U-acme"))
    facts.put(make_audience(), make_list())
    stream, alarms = FakeReadback(), FakeAlarms()
    store = make_transaction(machine_clock)
    uow = FakeUnitOfWork(store)
    use_cases = build_use_cases(
        uow,
        facts=facts,
        messages=line,
        insight=line,
        stream=stream,
        alarms=alarms,
        clock=clock,
        machine_now=machine_clock.now,
        ids=FakeIds(),
    )
    return Delivery(use_cases, line, facts, stream, alarms, clock, machine_clock, store, uow)
