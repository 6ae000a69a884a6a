"""Delivery's database goes back to an earlier moment: the operator's command fences it, and nothing is sent twice."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from deploy.local.postgres import PostgresServer, serve_postgres
from deploy.local.stack import Stack, run_stack
from outreach.delivery.v1 import campaign_pb2 as pb
from outreach.reporting.v1.report_pb2 import ListCampaignReportsRequest
from outreach.reporting.v1.report_pb2_grpc import ReportServiceStub
from outreach_client.channel import open_channel
from outreach_client.errors import RemoteError
from tests.chaos.books import read_line_books
from tests.chaos.orders import Order, await_ends, insist, place, read_campaigns
from tests.chaos.stage import SCOPES_OF_AN_OPERATOR, Account, Stage, new_request_id, open_stage
from tests.infrastructure import restores
from tests.infrastructure.eventually import eventually

SUCCEEDED, UNCERTAIN = pb.Campaign.SUCCEEDED, pb.Campaign.UNCERTAIN


@dataclass(frozen=True, slots=True)
class Scene:
    """A stage whose delivery has a database server of its own, so that nothing else goes back with it."""

    stage: Stage
    server: PostgresServer

    def restore(self, backup: Any) -> None:
        """Take delivery's database back to a backup, while delivery is stopped."""
        self.stage.stack.stop("delivery")
        restores.take_back(self.server, backup, recover=True)
        self.stage.stack.start("delivery")


@contextmanager
def run_restorable_stack() -> Iterator[tuple[Stack, PostgresServer]]:
    """Run a stack with a second database server, which is delivery's alone."""
    with serve_postgres() as server:
        server.create_database("delivery")
        url = server.url("delivery", role="delivery")
        with run_stack(settings={"delivery": {"DATABASE_URL": url}}) as stack:
            yield stack, server


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """Give the scene, with a quick LINE."""
    with run_restorable_stack() as (stack, server):
        async with open_stage(stack, replicas=1) as stage:
            stage.vendor.switch(waiting_time=0.1, sending_time=0.1)
            yield Scene(stage, server)


async def draft(stage: Stage, account: Account) -> Order:
    """Create a campaign without ordering it."""
    placed = await place(stage, account)
    campaign = (await read_campaigns(stage, [account]))[placed.name]
    text = new_request_id()
    again = pb.Campaign(display_name="下書き", targeting=campaign.targeting, messages=[pb.Message(text=text)])
    request = pb.CreateCampaignRequest(parent=account.channel, campaign=again, request_id=new_request_id())
    created = await insist(lambda: stage.next_campaigns().CreateCampaign(request))
    return Order(account, created.name, text)


async def send(stage: Stage, order: Order) -> None:
    """Order the send of a draft."""
    request = pb.SendCampaignRequest(name=order.name, request_id=new_request_id())
    await insist(lambda: stage.next_campaigns().SendCampaign(request))


async def hold(stage: Stage, account: Account) -> Order:
    """Place an order that LINE puts off for a minute."""
    fault = {"path": "/v2/bot/message/narrowcast", "answer": "line_rate_limit", "channel": account.line_channel}
    stage.vendor.control("/faults", fault)
    order = await place(stage, account)

    async def waits() -> bool:
        campaign = (await read_campaigns(stage, [account]))[order.name]
        return bool(campaign.waiting.reason == pb.Campaign.Waiting.RATE_LIMITED)

    await eventually(waits, deadline=20.0)
    return order


async def await_reports(stage: Stage, orders: list[Order]) -> None:
    """Wait until reporting has heard of orders."""
    token = stage.stack.token("user:operator", scopes=SCOPES_OF_AN_OPERATOR)
    awaited = {order.name for order in orders}

    async with open_channel(stage.stack.addresses["reporting"], token=token) as channel:
        reports = ReportServiceStub(channel)

        async def all_heard() -> bool:
            heard = set()
            for parent in {order.account.channel for order in orders}:
                page = await reports.ListCampaignReports(ListCampaignReportsRequest(parent=parent, page_size=1000))
                heard |= {report.campaign for report in page.campaign_reports}
            return awaited <= heard

        await eventually(all_heard, deadline=20.0)


def operate(stage: Stage, *words: str) -> str:
    """Run the operator's command, and return what it prints."""
    stack = stage.stack
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")},
        **{f"OUTREACH_{service.upper()}_ADDRESS": stack.addresses[service] for service in stack.addresses},
        "OUTREACH_TOKEN": stack.token("user:operator", scopes=SCOPES_OF_AN_OPERATOR),
    }
    command = [sys.executable, "-m", "outreach_client", "ledger", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.timeout(240)
async def test_a_restored_delivery_sends_nothing_twice(scene: Scene) -> None:
    """Orders are refused until the fence; then what may have been sent waits for a person, and new orders go out."""
    stage = scene.stage
    quick, slow = await stage.add_accounts(2)
    drafted = await draft(stage, quick)
    held = await hold(stage, slow)
    backup = restores.back_up(scene.server, "backup")
    stage.move_clocks(timedelta(minutes=2))
    await send(stage, drafted)
    forgotten = await place(stage, quick)
    sent = await await_ends(stage, [held, drafted, forgotten], deadline=60.0)
    await await_reports(stage, [held, drafted, forgotten])

    scene.restore(backup)
    with pytest.raises(RemoteError) as refused:
        await place(stage, quick)
    before = operate(stage, "state")
    told = operate(stage, "fence")
    after = operate(stage, "state")
    with pytest.raises(RemoteError) as taken:
        await create_again(stage, forgotten)
    ours = await read_campaigns(stage, [quick, slow])
    new = await place(stage, quick)
    ended = await await_ends(stage, [new], deadline=60.0)
    line = Counter(acceptance.text for acceptance in read_line_books(stage.vendor, [quick, slow]))

    assert {campaign.state for campaign in sent.values()} == {SUCCEEDED}
    assert refused.value.reason == "LEDGER_NOT_FENCED"
    assert before.startswith("The ledger needs a fence: EVENTS_FORGOTTEN.")
    assert "refuses from now on: 1." in told
    assert "for a person to decide: 2." in told
    assert after.startswith("The ledger needs no fence.")
    assert taken.value.reason == "ALREADY_EXISTS"
    assert forgotten.name not in ours
    for order in (held, drafted):
        assert (ours[order.name].state, ours[order.name].uncertainty.reason) == (
            UNCERTAIN,
            pb.Campaign.Uncertainty.LEDGER_RESTORED,
        )
    assert ended[new.name].state == SUCCEEDED
    assert {line[order.text] for order in (held, drafted, forgotten, new)} == {1}
    assert set(line.values()) == {1}


async def create_again(stage: Stage, order: Order) -> None:
    """Create a campaign of an earlier one's name."""
    parent, _, campaign_id = order.name.partition("/campaigns/")
    known = next(iter((await read_campaigns(stage, [order.account])).values()))
    campaign = pb.Campaign(display_name="同じ名前", targeting=known.targeting, messages=known.messages)
    request = pb.CreateCampaignRequest(
        parent=parent, campaign_id=campaign_id, campaign=campaign, request_id=new_request_id()
    )
    await insist(lambda: stage.next_campaigns().CreateCampaign(request))


@pytest.mark.timeout(120)
async def test_a_restart_of_the_database_stops_nobody(scene: Scene) -> None:
    """Delivery goes on by itself, without a person and without a restart of its own."""
    (account,) = await scene.stage.add_accounts(1)
    before = await place(scene.stage, account)
    await await_ends(scene.stage, [before], deadline=30.0)
    restores.restart(scene.server)
    after = await place(scene.stage, account)
    ended = await await_ends(scene.stage, [after], deadline=30.0)

    assert ended[after.name].state == SUCCEEDED
