"""Channels are registered only when LINE and HubSpot accept them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audience.domain.channels import Problem
from audience.domain.errors import LineChannelTaken, LineRefused, Refused, VendorUnavailable
from audience.domain.events import ChannelChanged, ChannelCreated
from kit.errors import AlreadyExists, RequestIdReused
from tests.fakes.hubspot import LISTS_READ
from tests.unit.audience.application.conftest import ACME, World, describe_channel, make_once


async def test_create(world: World) -> None:
    """An accepted channel is stored with sealed credentials, and told."""
    created = await world.channels.create(describe_channel(), make_once())

    stored = world.tx.channels.channels[ACME]
    sealed = world.tx.channels.sealed[ACME]
    assert created == stored
    assert (stored.problems, stored.area_prefix) == ((), "jp")
    assert world.vault.open(ACME, sealed) == describe_channel().credentials
    assert world.tx.outbox.events == [ChannelCreated(ACME, world.clock.now(), "Asia/Tokyo")]


@pytest.mark.parametrize(
    ("time_zone", "prefix"),
    [("Asia/Tokyo", "jp"), ("Japan", "jp"), ("Asia/Taipei", "tw"), ("Asia/Bangkok", "th"), ("UTC", None)],
)
async def test_areas(world: World, time_zone: str, prefix: str | None) -> None:
    """LINE tells no country: an account has the areas of its time zone's, and elsewhere they are not known."""
    created = await world.channels.create(describe_channel(time_zone=time_zone), make_once())

    assert created.area_prefix == prefix


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"secret": "wrong"}, Problem.LINE_CREDENTIALS_REFUSED),
        ({"line_channel_id": "1"}, Problem.LINE_CREDENTIALS_REFUSED),
        ({"hubspot_access_token": "wrong"}, Problem.HUBSPOT_CREDENTIALS_REFUSED),
        ({"hubspot_access_token": "weak"}, Problem.HUBSPOT_SCOPE_MISSING),
        ({"line_id_property": "nothing"}, Problem.HUBSPOT_PROPERTY_MISSING),
    ],
)
async def test_refused(world: World, changes: dict[str, Any], problem: Problem) -> None:
    """What a vendor refuses is named with the channel, and nothing is stored or told."""
    world.contacts.grant("weak", [LISTS_READ])
    with pytest.raises(Refused) as refused:
        await world.channels.create(describe_channel(**changes), make_once())

    assert refused.value.problem is problem
    assert refused.value.metadata["channel"] == ACME
    assert (world.tx.channels.channels, world.tx.outbox.events) == ({}, [])


async def test_line_is_away(world: World) -> None:
    """Nothing is stored while a vendor gives no answer, and the same request serves later."""
    world.line.available = False
    with pytest.raises(VendorUnavailable):
        await world.channels.create(describe_channel(), make_once())
    world.line.available = True

    assert (await world.channels.create(describe_channel(), make_once())).name == ACME


async def test_repetition(acme: World) -> None:
    """A repetition gets the channel as it is now, whatever the vendors would say; another body is refused."""
    acme.line.secret = "changed"
    known = replace(acme.tx.channels.channels[ACME], display_name="Acme again")
    acme.tx.channels.channels[ACME] = known
    repeated = await acme.channels.create(describe_channel(), make_once())
    with pytest.raises(RequestIdReused):
        await acme.channels.create(describe_channel(), make_once(body=b"other"))

    assert repeated == known


async def test_taken(acme: World) -> None:
    """A taken name and a taken LINE channel are told apart, on a trial run too."""
    other = describe_channel("channels/other")
    with pytest.raises(AlreadyExists):
        await acme.channels.create(describe_channel(), make_once("2"))
    with pytest.raises(AlreadyExists):
        await acme.channels.check(describe_channel())
    with pytest.raises(LineChannelTaken):
        await acme.channels.create(other, make_once("3"))
    with pytest.raises(LineChannelTaken):
        await acme.channels.check(other)

    assert list(acme.tx.channels.channels) == [ACME]


async def test_deleted_name(acme: World) -> None:
    """The name of a channel that was deleted is not free again, on a trial run neither."""
    del acme.tx.channels.channels[ACME]
    for attempt in (acme.channels.create(describe_channel(), make_once("2")), acme.channels.check(describe_channel())):
        with pytest.raises(AlreadyExists):
            await attempt

    assert acme.tx.channels.channels == {}


async def test_problem_comes_and_goes(acme: World) -> None:
    """A channel that LINE refuses says so once, and no more after LINE has accepted it again."""
    acme.line.secret = "changed"
    refused_time = acme.clock.now()
    for _ in range(2):
        with pytest.raises(LineRefused):
            await acme.tokens.issue(ACME, caller="service:delivery")
        acme.clock.advance(timedelta(minutes=2))
    impaired = acme.tx.channels.channels[ACME]
    acme.line.secret = describe_channel().credentials.line_channel_secret
    await acme.tokens.issue(ACME, caller="service:delivery")

    events = [ChannelChanged(ACME, refused_time), ChannelChanged(ACME, acme.clock.now())]
    assert [known.problem for known in impaired.problems] == [Problem.LINE_CREDENTIALS_REFUSED]
    assert acme.tx.channels.channels[ACME].problems == ()
    assert [known.observe_time for known in impaired.problems] == [refused_time]
    assert acme.tx.outbox.events == events
    assert acme.tx.channels.token_issues == [(ACME, "service:delivery", acme.clock.now())]


async def test_refused_credentials_are_tried_ever_more_seldom(acme: World) -> None:
    """However often a token is asked for, LINE is asked after 1, 2, 4 … 30 minutes, and the caller is told when."""
    acme.line.secret = "changed"
    waits = []
    for _ in range(24 * 60 // 5):
        with pytest.raises(LineRefused) as refused:
            await acme.tokens.issue(ACME, caller="service:delivery")
        waits.append(refused.value.retry_after)
        acme.clock.advance(timedelta(minutes=5))

    (problem,) = acme.channel.problems
    assert waits[0] == timedelta(minutes=1)
    assert all(wait is not None and timedelta() < wait <= timedelta(minutes=30) for wait in waits)
    assert problem.refusal_count == acme.line.issue_count - 1 <= 2 * 24 + 6
    assert len(acme.tx.outbox.events) == 1
