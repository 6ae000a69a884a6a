"""Delivery's side of LINE against the sandbox: one send from acceptance to figures, and the failures that matter."""

import hashlib
import json
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from delivery.adapters.line import LineApiInsight, LineApiMessages, open_line
from delivery.adapters.line_tokens import LineTokens
from delivery.application.line_port import (
    Accepted,
    CredentialsRefused,
    InDoubt,
    Phase,
    QuotaHeld,
    RefusalKind,
    Refused,
    SendOutcome,
)
from delivery.domain.policy.clearance import Cleared, clear_repeat
from delivery.domain.sending.quota import Allowance
from delivery.domain.targeting.narrowcast import compile_narrowcast
from delivery.domain.targeting.trees import (
    OS,
    AgeFilter,
    AllBut,
    AllOf,
    AnyOf,
    AreaFilter,
    AttributeNode,
    FriendshipFilter,
    Gender,
    GenderFilter,
    OSFilter,
)
from lineapi.client import LINEClient
from sandbox import app
from sandbox.faults import Fault
from sandbox.settings import Settings
from sandbox.world import CHANNEL_ID
from tests.infrastructure.line_tokens import SandboxIssuer
from tests.strategies.policy import make_targeting

ACME = "channels/acme"
KEY = UUID("123e4567-e89b-12d3-a456-426614174000")
MESSAGES = b'[{"text":"https://example.com/sale","type":"text"}]'
NARROWCAST = "/v2/bot/message/narrowcast"
AN_HOUR = 3600


@pytest.fixture
async def sandbox() -> AsyncIterator[app.RunningSandbox]:
    """Serve the demo world with 1,000 friends, in time that only the test moves."""
    running = await app.start(Settings(friends=1_000))
    running.state.clock.run_at(0)
    yield running
    await running.aclose()


@pytest.fixture
async def client(sandbox: app.RunningSandbox) -> AsyncIterator[LINEClient]:
    """Give a client of the sandbox."""
    async with open_line(sandbox.url) as client:
        yield client


@pytest.fixture
def tokens(client: LINEClient) -> LineTokens:
    """Give the tokens at hand."""
    return LineTokens(SandboxIssuer(client))


@pytest.fixture
def line(client: LINEClient, tokens: LineTokens) -> LineApiMessages:
    """Give LINE's sending side."""
    return LineApiMessages(client, tokens)


@pytest.fixture
def cleared(sandbox: app.RunningSandbox) -> Cleared:
    """Give a request to an audience of some hundred friends."""
    audiences = sandbox.state.line.channels[CHANNEL_ID].account.audiences.values()
    number = next(audience.number for audience in audiences if audience.name == "会員アップロード")
    recipient = json.dumps({"type": "audience", "audienceGroupId": number}).encode()
    return clear(b'{"messages":' + MESSAGES + b',"recipient":' + recipient + b"}")


def clear(body: bytes) -> Cleared:
    """Clear bytes as the repetition of a request."""
    return clear_repeat(channel=ACME, row="r", body=body, sha256=hashlib.sha256(body).hexdigest())


async def send(line: LineApiMessages, cleared: Cleared) -> SendOutcome:
    """Make one call with a token that was at hand before; with a new one when that has expired."""
    outcome = await (await line.open_call(ACME)).send_narrowcast(cleared, retry_key=KEY)
    if isinstance(outcome, CredentialsRefused):
        outcome = await (await line.open_call(ACME)).send_narrowcast(cleared, retry_key=KEY)
    return outcome


async def test_from_acceptance_to_figures(
    sandbox: app.RunningSandbox, client: LINEClient, tokens: LineTokens, line: LineApiMessages, cleared: Cleared
) -> None:
    """A send is accepted once however often it is made, succeeds, and is counted; tokens expire on the way."""
    violations = await line.validate(ACME, MESSAGES)
    first = await send(line, cleared)
    again = await send(line, cleared)
    assert isinstance(first, Accepted)
    sandbox.state.clock.advance(AN_HOUR)
    report = await line.get_progress(ACME, first.line_request_id)
    sandbox.state.clock.advance(72 * AN_HOUR)
    figures = await LineApiInsight(client, tokens).get_message_event(ACME, first.line_request_id)

    assert violations == ()
    assert again == Accepted(first.line_request_id, already=True)
    assert report is not None
    assert report.phase is Phase.SUCCEEDED
    assert figures.delivered
    assert [link.url for link in figures.links] == ["https://example.com/sale"]


async def test_an_acceptance_whose_answer_is_lost(
    sandbox: app.RunningSandbox, line: LineApiMessages, cleared: Cleared
) -> None:
    """A lost answer leaves doubt; the same key finds the accepted request, and there is no second one."""
    sandbox.state.faults.add(Fault(path=NARROWCAST, kind="drop", when="after"))
    lost = await send(line, cleared)
    found = await send(line, cleared)

    assert isinstance(lost, InDoubt)
    assert isinstance(found, Accepted)
    assert found.already


async def test_a_token_that_line_refuses(
    sandbox: app.RunningSandbox, line: LineApiMessages, tokens: LineTokens, cleared: Cleared
) -> None:
    """A token that LINE takes no more is replaced, and the send is accepted."""
    await tokens.get(ACME)
    sandbox.state.clock.advance(AN_HOUR)

    assert isinstance(await send(line, cleared), Accepted)


async def test_an_audience_that_does_not_exist(line: LineApiMessages) -> None:
    """LINE refuses an unknown audience for certain."""
    body = b'{"messages":' + MESSAGES + b',"recipient":{"type":"audience","audienceGroupId":1}}'
    outcome = await send(line, clear(body))

    assert isinstance(outcome, Refused)
    assert outcome.kind is RefusalKind.REQUEST_REFUSED


@pytest.mark.parametrize(
    "attributes",
    [
        GenderFilter((Gender.FEMALE,)),
        OSFilter((OS.IOS, OS.ANDROID)),
        AreaFilter(("jp_13", "jp_27")),
        AgeFilter(20, 50),
        AgeFilter(below_age=40),
        FriendshipFilter(from_days=30),
        AllOf((GenderFilter((Gender.MALE,)), AnyOf((OSFilter((OS.IOS,)), AllBut(AreaFilter(("jp_13",))))))),
    ],
    ids=["gender", "os", "area", "age range", "age", "friendship", "nested"],
)
async def test_every_attribute_is_a_form_that_line_takes(line: LineApiMessages, attributes: AttributeNode) -> None:
    """What the compiler makes of each attribute, alone and combined, LINE accepts."""
    targeting = make_targeting(attributes=attributes)
    narrowcast = compile_narrowcast(targeting, at_most=None, recipient_limit=None)
    body = narrowcast.to_body(MESSAGES, notification_disabled=False)

    assert isinstance(await send(line, clear(body)), Accepted)


async def test_messages_that_line_does_not_take(line: LineApiMessages) -> None:
    """LINE's findings come at the caller's own fields and with LINE's reasons, without the link that is wrong."""
    button = {"type": "uri", "label": "Open", "uri": "javascript:open(tanaka)"}
    messages = [
        {"type": "text", "text": "x" * 5001},
        {
            "type": "template",
            "altText": "",
            "template": {"type": "buttons", "text": "Sale", "actions": [button, {"type": "call"}]},
        },
        {"type": "sticker", "packageId": "1"},
    ]

    violations = await line.validate(ACME, json.dumps(messages).encode())

    assert {violation.field: violation.description for violation in violations} == {
        "messages[0].text": "LINE says: Length must be between 0 and 5000.",
        "messages[1].line_message.altText": "LINE says: May not be empty.",
        "messages[1].line_message.template.actions[0].uri": "LINE says: invalid uri scheme.",
        "messages[1].line_message.template.actions[1].type": (
            "LINE says: Must be one of the following values: [uri, message, postback, datetimepicker, clipboard]."
        ),
        "messages[2].line_message.stickerId": "LINE says: May not be empty.",
    }


@pytest.mark.parametrize("limit", [1000, None])
async def test_the_months_messages(
    sandbox: app.RunningSandbox, line: LineApiMessages, cleared: Cleared, limit: int | None
) -> None:
    """LINE tells the plan and what was used of it; what a running send holds shows in neither (LP 6.1, 6.3)."""
    account = sandbox.state.line.channels[CHANNEL_ID].account
    account.quota.limit = limit
    await send(line, cleared)
    held, during = sum(account.quota.holds.values()), await line.get_quota(ACME)
    sandbox.state.clock.advance(AN_HOUR)
    after = await line.get_quota(ACME)
    used = account.quota.used[sandbox.state.line.quota_month()]

    assert held > 0
    assert used > 0
    assert [during, after] == ([None, None] if limit is None else [Allowance(limit, 0), Allowance(limit, used)])


async def test_a_limit_above_what_is_left_is_held_by_line(
    sandbox: app.RunningSandbox, line: LineApiMessages, cleared: Cleared
) -> None:
    """An own limit that the month can't hold gets the monthly 429, which waits; nothing is sent."""
    quota = sandbox.state.line.channels[CHANNEL_ID].account.quota
    quota.limit, quota.used[sandbox.state.line.quota_month()] = 1000, 800
    limited = clear(cleared.body[:-1] + b',"limit":{"max":1000}}')

    assert isinstance(await send(line, limited), QuotaHeld)
    assert quota.holds == {}


async def test_a_forgotten_narrowcast(sandbox: app.RunningSandbox, line: LineApiMessages, cleared: Cleared) -> None:
    """LINE knows a narrowcast no more after 14 days."""
    sent = await send(line, cleared)
    assert isinstance(sent, Accepted)
    sandbox.state.clock.advance(14 * 24 * AN_HOUR + 60)

    assert await line.get_progress(ACME, sent.line_request_id) is None
