"""LINE over HTTP: what each of its answers comes to."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from delivery.adapters.line import LineApiInsight, LineApiMessages
from delivery.adapters.line_tokens import LineTokens
from delivery.application.line_port import (
    Accepted,
    BubbleFigures,
    CredentialsRefused,
    InDoubt,
    LineCredentialsRefused,
    LineUnavailable,
    LinkFigures,
    Phase,
    ProgressReport,
    QuotaHeld,
    RateLimited,
    RefusalKind,
    Refused,
    SendOutcome,
    Unreached,
)
from delivery.domain.content.inspection import MessageViolation
from delivery.domain.policy.clearance import Cleared, clear_repeat
from delivery.domain.sending.failures import NarrowcastFailure
from delivery.domain.sending.quota import Allowance
from delivery.domain.sending.values import LONGEST_CALL
from kit.bulkheads import Bulkheads
from kit.errors import NotFound, ServiceError, Unavailable
from lineapi.client import LINEClient
from lineapi.transport import SEND_TIMEOUT
from tests.infrastructure.eventually import eventually
from tests.unit.delivery.adapters.issuer import FakeIssuer
from tests.unit.lineapi.stub_line import REQUEST_ID, Reply, StubLINE, drop, reply, reply_without_id, stay_silent

ACME = "channels/acme"
KEY = UUID("123e4567-e89b-12d3-a456-426614174000")
SECRET_TEXT = "秘密のセール"
MESSAGES = json.dumps([{"type": "text", "text": SECRET_TEXT}], ensure_ascii=False).encode()
BODY = b'{"messages":' + MESSAGES + b',"recipient":{"type":"audience","audienceGroupId":101}}'
EARLIER_ID = "11111111-c57b-11e9-aa8c-2a2ae2dbcce4"
MONTHLY = reply(429, {"message": "You have reached your monthly limit."})


def make_cleared(body: bytes = BODY) -> Cleared:
    """Clear bytes as the repetition of a request."""
    digest = hashlib.sha256(body).hexdigest()
    return clear_repeat(channel=ACME, row=f"{ACME}/campaigns/may/requests/1", body=body, sha256=digest)


async def send(line: LineApiMessages, body: bytes = BODY) -> SendOutcome:
    """Make one call with a token that was at hand before."""
    return await (await line.open_call(ACME)).send_narrowcast(make_cleared(body), retry_key=KEY)


def refuse(status: int, message: str, *details: dict[str, str]) -> Reply:
    """Answer with one of LINE's errors."""
    return reply(status, {"message": message, "details": list(details)})


async def test_sending_what_was_cleared(line: LineApiMessages, stub: StubLINE) -> None:
    """Exactly the cleared bytes leave, under the key and with the channel's token; LINE's id comes back."""
    stub.will(reply(202))
    outcome = await send(line)
    (received,) = stub.received

    assert outcome == Accepted(REQUEST_ID, already=False)
    assert received.body == BODY
    assert received.headers["X-Line-Retry-Key"] == str(KEY)
    assert received.headers["Authorization"] == "Bearer token-1"


async def test_accepted_before(line: LineApiMessages, stub: StubLINE) -> None:
    """A 409 is a success under the id of the earlier attempt (LP 1.9)."""
    stub.will(reply(409, headers={"X-Line-Accepted-Request-Id": EARLIER_ID}))
    outcome = await send(line)

    assert outcome == Accepted(EARLIER_ID, already=True)


@pytest.mark.parametrize(
    "answer",
    [reply(500), reply(503), reply(408), drop, reply_without_id(202), reply(409), reply(302)],
    ids=["500", "503", "408", "lost", "accepted without id", "409 without id", "302"],
)
async def test_in_doubt(line: LineApiMessages, stub: StubLINE, answer: Reply) -> None:
    """Whatever may hide a success leaves the send in doubt, and is not repeated here."""
    stub.will(answer)
    outcome = await send(line)

    assert isinstance(outcome, InDoubt)
    assert len(stub.received) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refuse(400, "Invalid audience group id: 101"), RefusalKind.REQUEST_REFUSED),
        (refuse(400, "x", {"message": "AUDIENCE_GROUP_NOT_FOUND"}), RefusalKind.REQUEST_REFUSED),
        (refuse(413, "too large"), RefusalKind.REQUEST_REFUSED),
        (refuse(403, "Your account does not have enough friends"), RefusalKind.REACH_BELOW_MINIMUM),
    ],
)
async def test_refusals(line: LineApiMessages, stub: StubLINE, answer: Reply, kind: RefusalKind) -> None:
    """A refusal is certain, of the kind that LINE's status tells (LP 4.9)."""
    stub.will(answer)
    outcome = await send(line)

    assert isinstance(outcome, Refused)
    assert outcome.kind is kind


async def test_refused_fields(line: LineApiMessages, stub: StubLINE) -> None:
    """The evidence of a refusal names LINE's paths, and nothing that may hold a part of the message."""
    echo = {"message": f"{SECRET_TEXT} is wrong", "property": "messages[0].text"}
    stub.will(refuse(400, SECRET_TEXT, echo, {"message": "x", "property": f"/{SECRET_TEXT}/1"}))
    outcome = await send(line)

    assert isinstance(outcome, Refused)
    assert outcome.evidence.endswith("messages[0].text: refused; messages: refused")
    assert SECRET_TEXT not in repr(outcome)
    assert REQUEST_ID in outcome.evidence


async def test_a_refusal_as_a_whole(line: LineApiMessages, stub: StubLINE) -> None:
    """Where LINE names no part its text is evidence, as far as it quotes nothing."""
    stub.will(refuse(400, "Invalid audience group id: 101"))
    outcome = await send(line)

    assert isinstance(outcome, Refused)
    assert outcome.evidence.endswith(": Invalid audience group id")


async def test_rate_limit(line: LineApiMessages, stub: StubLINE) -> None:
    """Over the rate limit, and for a 429 of no known kind, the channel has called too often."""
    stub.will(refuse(429, "The API rate limit has been exceeded. Try again later."), refuse(429, "?"))
    outcomes = [await send(line) for _ in range(2)]

    assert all(isinstance(outcome, RateLimited) for outcome in outcomes)


async def test_monthly_limit(line: LineApiMessages, stub: StubLINE) -> None:
    """The monthly limit may be another send's hold, which passes; LINE is asked nothing more (LP 1.7)."""
    stub.will(MONTHLY)

    assert isinstance(await send(line), QuotaHeld)
    assert len(stub.received) == 1


async def test_everybody(line: LineApiMessages, stub: StubLINE) -> None:
    """Bytes that would reach every friend do not leave, whoever cleared them."""
    outcome = await send(line, b'{"messages":[]}')

    assert isinstance(outcome, Refused)
    assert outcome.kind is RefusalKind.REQUEST_REFUSED
    assert stub.received == []


async def test_expired_token(line: LineApiMessages, stub: StubLINE, issuer: FakeIssuer) -> None:
    """A 401 ends the call, since what was checked before it may hold no more; the next call has a new token (I3)."""
    stub.will(reply(401), reply(202))
    refused, accepted = await send(line), await send(line)
    tokens = [received.headers["Authorization"] for received in stub.received]

    assert isinstance(refused, CredentialsRefused)
    assert accepted == Accepted(REQUEST_ID, already=False)
    assert tokens == ["Bearer token-1", "Bearer token-2"]
    assert len(issuer.issued) == 2


async def test_a_call_keeps_its_token(line: LineApiMessages, stub: StubLINE, tokens: LineTokens) -> None:
    """A call uses the token that was issued before it, whatever was issued since (I3)."""
    call = await line.open_call(ACME)
    tokens.drop(ACME, await tokens.get(ACME))
    await tokens.get(ACME)
    stub.will(reply(202))
    await call.send_narrowcast(make_cleared(), retry_key=KEY)

    assert stub.received[0].headers["Authorization"] == "Bearer token-1"


async def test_account_refused(line: LineApiMessages, stub: StubLINE) -> None:
    """An account that may not send is refused like its credentials: both can be mended without a new campaign."""
    stub.will(refuse(403, "Access to this API is not available"))

    assert isinstance(await send(line), CredentialsRefused)


@pytest.mark.parametrize(
    "error", [Unavailable("audience"), LineUnavailable(), LineCredentialsRefused(ACME), NotFound(ACME)]
)
async def test_no_token(line: LineApiMessages, stub: StubLINE, issuer: FakeIssuer, error: ServiceError) -> None:
    """Without a token there is no call, and its caller learns why."""
    issuer.fail_next(error)
    with pytest.raises(type(error)):
        await line.open_call(ACME)

    assert stub.received == []


async def test_unreachable(line: LineApiMessages, stub: StubLINE) -> None:
    """Where no connection was made nothing was sent, so it may be tried again."""
    await stub.stop()

    assert isinstance(await send(line), Unreached)


def test_longest_call() -> None:
    """A call fits into what deadlines reckon with."""
    assert timedelta(seconds=SEND_TIMEOUT) < LONGEST_CALL


async def test_progress(line: LineApiMessages, stub: StubLINE) -> None:
    """Progress tells phase, times and what has become of it, and no figure of people."""
    stub.will(
        reply(
            200,
            {
                "phase": "failed",
                "acceptedTime": "2026-04-01T03:00:00.121Z",
                "completedTime": "2026-04-01T03:01:00.000Z",
                "targetCount": 12345,
                "successCount": 0,
                "failureCount": 0,
                "errorCode": 2,
                "failedDescription": "few",
            },
        )
    )
    report = await line.get_progress(ACME, REQUEST_ID)

    assert report == ProgressReport(
        Phase.FAILED,
        accept_time=datetime(2026, 4, 1, 3, 0, 0, 121000, UTC),
        complete_time=datetime(2026, 4, 1, 3, 1, tzinfo=UTC),
        failure=NarrowcastFailure.RECIPIENTS_BELOW_MINIMUM,
        evidence="error code 2",
    )
    assert "12345" not in repr(report)


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (1, NarrowcastFailure.LINE_INTERNAL),
        (2, NarrowcastFailure.RECIPIENTS_BELOW_MINIMUM),
        (3, NarrowcastFailure.DUPLICATE),
        (4, NarrowcastFailure.RECIPIENTS_BELOW_MINIMUM),
        (5, NarrowcastFailure.ABOVE_LIMIT),
        (6, NarrowcastFailure.LINE_INTERNAL),
        (None, NarrowcastFailure.LINE_INTERNAL),
    ],
)
async def test_lines_codes_end_here(
    line: LineApiMessages, stub: StubLINE, code: int | None, failure: NarrowcastFailure
) -> None:
    """Each of LINE's numbers, and any that it adds, has a name; 2 and 4 have one, and only the evidence tells which."""
    document = {"phase": "failed", "acceptedTime": "2026-04-01T03:00:00.000Z"}
    stub.will(reply(200, document if code is None else {**document, "errorCode": code}))
    report = await line.get_progress(ACME, REQUEST_ID)

    assert report is not None
    assert (report.failure, report.evidence) == (failure, f"error code {code}")


@pytest.mark.parametrize("phase", ["waiting", "sending", "succeeded"])
async def test_what_has_not_failed_has_no_failure(line: LineApiMessages, stub: StubLINE, phase: str) -> None:
    """A number beside another phase is none that we act on."""
    stub.will(reply(200, {"phase": phase, "acceptedTime": "2026-04-01T03:00:00.000Z", "errorCode": 2}))
    report = await line.get_progress(ACME, REQUEST_ID)

    assert report is not None
    assert report.failure is None


async def test_a_phase_of_later(line: LineApiMessages, stub: StubLINE) -> None:
    """A phase that LINE adds is none that we act on (LP 1.10)."""
    stub.will(reply(200, {"phase": "resting", "acceptedTime": "2026-04-01T03:00:00.000Z"}))
    report = await line.get_progress(ACME, REQUEST_ID)

    assert report is not None
    assert report.phase is Phase.OTHER


@pytest.mark.parametrize("status", [400, 404])
async def test_forgotten_narrowcast(line: LineApiMessages, stub: StubLINE, status: int) -> None:
    """A narrowcast that LINE does not know, or no more, has no progress."""
    stub.will(refuse(status, "Not found"))

    assert await line.get_progress(ACME, REQUEST_ID) is None


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ((reply(500),) * 3, LineUnavailable),
        ((drop,) * 6, LineUnavailable),
        ((refuse(429, "?"),), LineUnavailable),
        ((refuse(418, "?"),), LineUnavailable),
        ((reply(200, b"no JSON"),), LineUnavailable),
        ((reply(401), reply(401)), LineCredentialsRefused),
        ((reply(403),), LineCredentialsRefused),
    ],
    ids=["500", "lost", "429", "418", "garbage", "401", "403"],
)
async def test_failed_look_up(
    line: LineApiMessages, stub: StubLINE, answers: tuple[Reply, ...], error: type[Exception]
) -> None:
    """A look-up ends in one of two errors, the credentials' or LINE's absence."""
    stub.will(*answers)

    with pytest.raises(error):
        await line.get_progress(ACME, REQUEST_ID)


async def test_valid_messages(line: LineApiMessages, stub: StubLINE) -> None:
    """LINE is asked about the stored messages; a 200 finds nothing."""
    stub.will(reply(200))
    violations = await line.validate(ACME, MESSAGES)

    assert violations == ()
    assert json.loads(stub.received[0].body) == {"messages": json.loads(MESSAGES)}


async def test_invalid_messages(line: LineApiMessages, stub: StubLINE) -> None:
    """LINE's findings come at the caller's own fields, and in LINE's words where these hold nobody's."""
    stub.will(
        refuse(
            400,
            "The request body has 3 error(s)",
            {"message": "Length must be between 0 and 5000", "property": "messages[0].text"},
            {"message": f"no such thing as {SECRET_TEXT}", "property": "messages[1].template.actions[0].uri"},
            {"message": "May not be empty", "property": f"<{SECRET_TEXT}>"},
        )
    )
    buttons = json.dumps([{"type": "text", "text": SECRET_TEXT}, {"type": "template"}]).encode()
    violations = await line.validate(ACME, buttons)

    assert violations == (
        MessageViolation("messages[0].text", "LINE says: Length must be between 0 and 5000."),
        MessageViolation("messages[1].line_message.template.actions[0].uri", "LINE refuses this part of the message."),
        MessageViolation("messages", "LINE says: May not be empty."),
    )


@pytest.mark.parametrize("status", [400, 413])
async def test_invalid_without_details(line: LineApiMessages, stub: StubLINE, status: int) -> None:
    """A refusal without details is a finding all the same."""
    stub.will(refuse(status, "The request body could not be parsed"))

    assert len(await line.validate(ACME, MESSAGES)) == 1


@pytest.mark.parametrize(
    ("plan", "quota"),
    [({"type": "limited", "value": 5000}, Allowance(size=5000, used=5001)), ({"type": "none"}, None)],
)
async def test_quota(line: LineApiMessages, stub: StubLINE, plan: dict[str, object], quota: Allowance | None) -> None:
    """The plan's size and what was used of it, which may be more; a plan without limit is told as such."""
    stub.will(reply(200, plan), reply(200, {"totalUsage": 5001}))

    assert await line.get_quota(ACME) == quota


@pytest.mark.parametrize(
    "answers",
    [
        (reply(200, {"type": "unlimited-for-now", "value": 5000}),),
        (reply(200, {"type": "limited"}),),
        (reply(200, {}),),
        (reply(404),),
        (refuse(400, "?"),),
        (refuse(429, "?"),),
        (reply(200, {"type": "limited", "value": 5000}), reply(404)),
        (reply(200, {"type": "limited", "value": 5000}), reply(200, {})),
    ],
    ids=["type of later", "no value", "no type", "404", "400", "429", "404 of the usage", "no usage"],
)
async def test_a_quota_that_is_not_known(line: LineApiMessages, stub: StubLINE, answers: tuple[Reply, ...]) -> None:
    """What does not read as a limited or an unlimited plan is neither, and a usage that is not told is not 0."""
    stub.will(*answers)

    with pytest.raises(LineUnavailable):
        await line.get_quota(ACME)


async def test_a_quota_behind_refused_credentials(line: LineApiMessages, stub: StubLINE) -> None:
    """An account that may not ask is told apart from a LINE that does not answer."""
    stub.will(reply(403))

    with pytest.raises(LineCredentialsRefused):
        await line.get_quota(ACME)


async def test_figures(insight: LineApiInsight, stub: StubLINE) -> None:
    """Figures come as LINE tells them, its nulls as None, and show in no representation."""
    stub.will(
        reply(
            200,
            {
                "overview": {"delivered": 320, "uniqueImpression": 82, "uniqueClick": None},
                "messages": [{"seq": 1, "impression": 136, "mediaPlayed": None, "uniqueMediaPlayed100Percent": 24}],
                "clicks": [{"seq": 1, "url": "https://example.com/a", "click": 41, "uniqueClickOfRequest": 37}],
            },
        )
    )
    figures = await insight.get_message_event(ACME, REQUEST_ID)

    assert (figures.delivered, figures.unique_impression, figures.unique_click) == (320, 82, None)
    assert figures.bubbles == (BubbleFigures(1, 136, None, None, 24),)
    assert figures.links == (LinkFigures(1, "https://example.com/a", 41, None, 37),)
    assert "320" not in repr(figures).rpartition(" at ")[0]


async def test_refused_figures(insight: LineApiInsight, stub: StubLINE) -> None:
    """What LINE answers for an unknown id is not known, so a refusal is no answer."""
    stub.will(reply(404))

    with pytest.raises(LineUnavailable):
        await insight.get_message_event(ACME, REQUEST_ID)


async def test_errors_hold_no_secrets(line: LineApiMessages, stub: StubLINE) -> None:
    """Neither outcomes nor errors tell a token or a message."""
    stub.will(drop, refuse(400, SECRET_TEXT), refuse(418, SECRET_TEXT))
    told = [repr(await send(line)) for _ in range(2)]
    with pytest.raises(LineUnavailable) as failure:
        await line.validate(ACME, MESSAGES)
    told += [repr(failure.value), repr(failure.value.__cause__), str(failure.value.metadata)]

    assert not any(secret in text for text in told for secret in (SECRET_TEXT, "token-1"))


def make_question(lookup: str, client: LINEClient, tokens: LineTokens) -> Callable[[str], Awaitable[object]]:
    """Return a look-up of a channel of which each may have two under way."""
    places = Bulkheads(most=2, patience=timedelta(milliseconds=50))
    if lookup == "validate":
        messages = LineApiMessages(client, tokens, validations=places)
        return lambda channel: messages.validate(channel, MESSAGES)
    if lookup == "quota":
        return LineApiMessages(client, tokens, quotas=places).get_quota
    insight = LineApiInsight(client, tokens, lookups=places)
    return lambda channel: insight.get_message_event(channel, "request-1")


@pytest.mark.parametrize("lookup", ["validate", "quota", "observe"])
async def test_a_channel_that_hangs_occupies_a_few_places_and_delays_no_other(
    lookup: str, client: LINEClient, tokens: LineTokens, stub: StubLINE
) -> None:
    """Whatever more is asked of it is told soon to come back later; another channel's question is answered."""
    ask = make_question(lookup, client, tokens)
    stub.will(
        stay_silent,
        stay_silent,
        reply(200, {"type": "none", "overview": {"requestId": "", "timestamp": 0}, "messages": [], "clicks": []}),
    )
    hanging = [asyncio.create_task(as_coroutine(ask("channels/sick"))) for _ in range(10)]
    await eventually(lambda: len(stub.received) == 2)
    await ask("channels/well")
    await eventually(lambda: sum(task.done() for task in hanging) == 8)
    refused = [task.exception() for task in hanging if task.done()]
    for task in hanging:
        task.cancel()
    await asyncio.wait(hanging)

    assert [type(error) for error in refused] == [LineUnavailable] * 8
    assert len(stub.received) == 3


async def as_coroutine(question: Awaitable[object]) -> None:
    """Wait for an answer."""
    await question
