"""Tokens at hand: issued once, used while good, never shown."""

import asyncio
from datetime import timedelta

import pytest

from delivery.adapters.line_tokens import MARGIN, LineTokens
from kit.deadlines import set_time_left, time_left
from kit.errors import Unavailable
from tests.fakes.clock import FakeClock
from tests.infrastructure.eventually import eventually
from tests.unit.delivery.adapters.issuer import LIFETIME, FakeIssuer

ACME = "channels/acme"


async def test_a_token_is_used_until_shortly_before_its_end(
    tokens: LineTokens, issuer: FakeIssuer, clock: FakeClock
) -> None:
    """A token serves until a margin before it expires; then a new one is issued."""
    first = await tokens.get(ACME)
    clock.advance(LIFETIME - MARGIN - timedelta(seconds=1))
    same = await tokens.get(ACME)
    clock.advance(timedelta(seconds=1))
    second = await tokens.get(ACME)

    assert same is first
    assert second.value == "token-2"
    assert issuer.issued == [ACME, ACME]


async def test_channels_have_their_own(tokens: LineTokens, issuer: FakeIssuer) -> None:
    """A token never serves another channel."""
    first, second = await tokens.get(ACME), await tokens.get("channels/other")

    assert first.value != second.value
    assert issuer.issued == [ACME, "channels/other"]


async def test_many_ask_at_once(tokens: LineTokens, issuer: FakeIssuer) -> None:
    """However many ask while a token is issued, one is issued and serves all."""
    got = await asyncio.gather(*(tokens.get(ACME) for _ in range(20)))

    assert {token.value for token in got} == {"token-1"}
    assert issuer.issued == [ACME]


async def test_a_channel_whose_token_never_comes_delays_no_other(tokens: LineTokens, issuer: FakeIssuer) -> None:
    """LINE may hang for one channel: others get theirs meanwhile, however many wait for it."""
    issuer.hanging.add("channels/sick")
    waiting = [asyncio.create_task(tokens.get("channels/sick")) for _ in range(50)]
    await eventually(lambda: issuer.issued == ["channels/sick"])
    token = await asyncio.wait_for(tokens.get(ACME), 5)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)

    assert token.value == "token-2"


async def test_one_gives_up(tokens: LineTokens, issuer: FakeIssuer) -> None:
    """A caller that is cancelled does not take the token away from the others."""
    issuer.gate.clear()
    impatient = asyncio.create_task(tokens.get(ACME))
    patient = asyncio.create_task(tokens.get(ACME))
    await eventually(lambda: issuer.issued == [ACME])
    impatient.cancel()
    issuer.gate.set()
    token = await patient

    assert token.value == "token-1"
    assert impatient.cancelled()


async def test_all_give_up(tokens: LineTokens, issuer: FakeIssuer) -> None:
    """When nobody waits for an issue any more, its failure is nobody's, and the next caller starts anew."""
    issuer.gate.clear()
    issuer.fail_next(Unavailable("audience"))
    caller = asyncio.create_task(tokens.get(ACME))
    await eventually(lambda: issuer.issued == [ACME])
    caller.cancel()
    await asyncio.wait([caller])
    issuer.gate.set()
    with pytest.raises(Unavailable):
        await tokens.get(ACME)
    token = await tokens.get(ACME)

    assert token.value == "token-2"


async def test_the_first_callers_deadline(tokens: LineTokens, issuer: FakeIssuer) -> None:
    """The issue does not end with the little time that the first caller has, whose own time goes on."""
    left: list[float | None] = []
    issue = issuer.issue

    async def note(channel: str) -> object:
        left.append(time_left())
        return await issue(channel)

    issuer.issue = note  # type: ignore[method-assign,assignment]  # the fake, not what is tested
    set_time_left(5)
    await tokens.get(ACME)

    assert left == [None]
    assert time_left() is not None


async def test_a_failed_issue(tokens: LineTokens, issuer: FakeIssuer) -> None:
    """A failure reaches everybody who waits and is not remembered."""
    issuer.fail_next(Unavailable("audience"))
    failures = await asyncio.gather(tokens.get(ACME), tokens.get(ACME), return_exceptions=True)
    token = await tokens.get(ACME)

    assert [type(failure) for failure in failures] == [Unavailable, Unavailable]
    assert token.value == "token-2"


async def test_dropping(tokens: LineTokens) -> None:
    """A refused token is dropped; one that another call has got since then stays."""
    first = await tokens.get(ACME)
    tokens.drop(ACME, first)
    second = await tokens.get(ACME)
    tokens.drop(ACME, first)
    third = await tokens.get(ACME)

    assert second is not first
    assert third is second


async def test_a_token_does_not_show(tokens: LineTokens) -> None:
    """A token's value is in no representation."""
    token = await tokens.get(ACME)

    assert "token-1" not in f"{token} {token!r}"
