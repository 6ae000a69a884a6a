"""The fault plan: what goes wrong, before or after it took effect, and what the read-back shows of it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import aiohttp
import pytest
from linebot.v3.oauth.exceptions import ServiceException

from sandbox.faults import NAMED_ANSWERS
from tests.contract.sandbox.line.driver import Answer, OfficialAccount
from tests.infrastructure.eventually import eventually

INFO = "/v2/bot/info"
NARROWCAST = "/v2/bot/message/narrowcast"


async def read_requests(oa: OfficialAccount, path: str) -> Any:
    """Return the journal's entries of a path."""
    shown = await oa.control("GET", f"/requests?path={path}")
    return shown["requests"]


async def give_up(call: Coroutine[Any, Any, Answer]) -> None:
    """Call with a client that does not wait for long."""
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(call, timeout=0.2)


async def test_faults_by_count(oa: OfficialAccount) -> None:
    """A fault hits the n-th call, then every so-manieth, and no more often than asked."""
    token = await oa.issue_token()
    await oa.control("POST", "/faults", path="/v2/bot/*", answer="line_rate_limit", nth=2, every=2, times=2)
    answers = [await oa.call("GET", "/v2/bot/info", token=token) for _ in range(7)]
    plan = await oa.control("GET", "/faults")

    assert [answer.status for answer in answers] == [200, 429, 200, 429, 200, 200, 200]
    assert answers[1].body == {"message": "The API rate limit has been exceeded. Try again later."}
    assert answers[1].request_id
    assert (plan["faults"][0]["calls"], plan["faults"][0]["hits"]) == (7, 2)


@pytest.mark.parametrize(
    "body", [{}, {"path": "/x"}, {"path": "/x", "kind": "boom"}, {"path": "/x", "kind": "drop", "nth": 0}, {"a": 1}]
)
async def test_faults_refuse_nonsense(oa: OfficialAccount, body: dict[str, object]) -> None:
    """A fault that makes no sense is a 400 and is not planned."""
    async with oa.http.post(f"{oa.sandbox.url}/_control/faults", json=body) as response:
        status = response.status
    plan = await oa.control("GET", "/faults")

    assert status == 400
    assert plan == {"faults": []}


async def test_a_sick_account_beside_a_healthy_one(oa: OfficialAccount) -> None:
    """A fault of one channel leaves the others alone, and the journal tells whose call each was."""
    await oa.control("POST", "/line/channels", channel_id="2000000010", secret="other-secret")
    healthy = OfficialAccount(oa.sandbox, oa.http, channel_id="2000000010", secret="other-secret")
    await oa.control("POST", "/faults", path="/v2/*", channel=oa.channel_id, kind="answer", status=500, times=None)
    answers = [await account.call("GET", INFO) for account in (oa, healthy)]
    shown = await oa.control("GET", f"/requests?path={INFO}&channel=2000000010")

    assert [answer.status for answer in answers] == [500, 200]
    assert [entry["channel"] for entry in await read_requests(oa, INFO)] == [oa.channel_id, "2000000010"]
    assert [entry["status"] for entry in shown["requests"]] == [200]


async def test_tokens_of_one_account_alone(oa: OfficialAccount) -> None:
    """Asking for a token names its channel in a form, and so may be hit for one account alone."""
    await oa.control("POST", "/line/channels", channel_id="2000000010", secret="other-secret")
    healthy = OfficialAccount(oa.sandbox, oa.http, channel_id="2000000010", secret="other-secret")
    await oa.control("POST", "/faults", path="/oauth2/*", channel=oa.channel_id, kind="answer", status=500, times=None)
    with pytest.raises(ServiceException):
        await oa.issue_token()

    assert await healthy.issue_token()


async def test_a_slow_answer(oa: OfficialAccount) -> None:
    """A delay makes a client with a shorter timeout give up, after which service is normal."""
    token = await oa.issue_token()
    await oa.control("POST", "/faults", path="/v2/bot/info", kind="delay", seconds=30)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(oa.call("GET", "/v2/bot/info", token=token), timeout=0.1)
    answer = await oa.call("GET", "/v2/bot/info", token=token)

    assert answer.status == 200


@pytest.mark.parametrize("name", sorted(NAMED_ANSWERS))
async def test_named_answers(oa: OfficialAccount, name: str) -> None:
    """Each named answer comes with its status and body, and a request id."""
    token = await oa.issue_token()
    await oa.control("POST", "/faults", path=INFO, answer=name)
    answer = await oa.call("GET", INFO, token=token)

    named = NAMED_ANSWERS[name]

    assert (answer.status, answer.body) == (named.status, named.body)
    assert named.headers.items() <= answer.headers.items()
    assert answer.request_id


@pytest.mark.parametrize(("when", "accepted"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("fault", [{"kind": "answer", "status": 503}, {"kind": "drop"}, {"kind": "hang"}])
async def test_before_and_after_the_accept(
    oa: OfficialAccount, fault: dict[str, Any], when: str, accepted: int
) -> None:
    """A fault before the accept leaves nothing behind, one after it hides a send that goes out (LP 1.9)."""
    number = await oa.make_audience("UPLOAD", await oa.befriend(5))
    token = await oa.issue_token()
    await oa.control("POST", "/faults", path=NARROWCAST, when=when, **fault)
    call = oa.narrowcast(recipient={"type": "audience", "audienceGroupId": number}, token=token)
    try:
        status = (await asyncio.wait_for(call, timeout=0.3)).status
    except (TimeoutError, aiohttp.ClientConnectionError):
        status = None
    sends = await oa.control("GET", "narrowcasts")

    assert status == fault.get("status")
    assert len(sends["narrowcasts"]) == accepted


async def test_a_request_is_on_record_before_it_is_answered(oa: OfficialAccount) -> None:
    """The journal shows a request from its arrival on, so that a test can act while the vendor is still at it."""
    token = await oa.issue_token()
    await oa.control("POST", "/faults", path=INFO, kind="delay", seconds=30)
    calling = asyncio.create_task(oa.call("GET", INFO, token=token))
    entries = await eventually(lambda: read_requests(oa, INFO))
    calling.cancel()

    assert [(entry["outcome"], entry["status"]) for entry in entries] == [("pending", None)]


async def test_a_request_that_is_never_answered(oa: OfficialAccount) -> None:
    """Nothing comes back until the caller hangs up; the journal says that it was dropped."""
    token = await oa.issue_token()
    await oa.control("POST", "/faults", path=INFO, kind="hang")
    await give_up(oa.call("GET", INFO, token=token))

    async def find_dropped() -> bool:
        return [entry["outcome"] for entry in await read_requests(oa, INFO)] == ["dropped"]

    await eventually(find_dropped)
    assert (await oa.call("GET", INFO, token=token)).status == 200
