"""Worlds of any size, and people who live in them: the same seed makes the same world and life."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.line.account.standing import Standing
from sandbox.line.model import Account
from sandbox.line.people.generate import Shares, add_friends
from sandbox.line.people.population import Population
from tests.contract.sandbox.line.driver import OfficialAccount, one_audience, user_id
from tests.infrastructure.eventually import eventually

ROOT = Path(__file__).parents[4]
DAY = 86_400
URL = "https://shop.example/spring"
TODAY = 739_000


def generate(seed: int, count: int, shares: Shares) -> Population:
    """Return a generated population."""
    account = Account("U" + "0" * 32, "provider-1", "name", "@id", standing=Standing())
    add_friends(account, count, seed=seed, today=TODAY, shares=shares)
    return account.population


async def read_audience(oa: OfficialAccount, number: int) -> Any:
    """Return an audience with its true members."""
    return await oa.control("GET", f"audiences/{number}?members=true")


async def pass_days(oa: OfficialAccount, days: int) -> None:
    """Let days pass, one by one as a running clock does."""
    for _ in range(days):
        oa.clock.advance(DAY)
        await oa.control("GET", "traces")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 400), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_same_seed_same_people(seed: int, count: int, unknown: float, blocked: float, not_consenting: float) -> None:
    """The same arguments make the same people; nobody has two values of an attribute, or one that is unknown."""
    shares = Shares(unknown=unknown, blocked=blocked, not_consenting=not_consenting)
    one, other = generate(seed, count, shares), generate(seed, count, shares)
    sets = list(one.attributes["gender"].values())

    assert (one.ids, one.friends, one.blocked, one.consented) == (
        other.ids,
        other.friends,
        other.blocked,
        other.consented,
    )
    assert (one.attributes, list(one.followed_on)) == (other.attributes, list(other.followed_on))
    assert len(set(one.ids)) == count
    assert sum(people.bit_count() for people in sets) == one.known("gender").bit_count() <= count


@pytest.mark.parametrize("count", [100, 10_000, 200_000])
def test_shares_hold_at_every_size(count: int) -> None:
    """Generated people have about the shares asked for, from hundreds on."""
    population = generate(3, count, Shares(unknown=0.2, blocked=0.1, not_consenting=0.05))
    slack = 0.1 if count == 100 else 0.02

    assert abs(population.known("age").bit_count() / count - 0.8) < slack
    assert abs(population.blocked.bit_count() / count - 0.1) < slack
    assert abs(population.consented.bit_count() / count - 0.95) < slack


async def test_web_traffic_follows_visits(oa: OfficialAccount) -> None:
    """A WEBTRAFFIC audience holds who was seen within its window; it gets READY with 50 and forgets with time."""
    ids = list(await oa.befriend(60))
    rule = {"page": "/cart", "within_days": 7}
    number = (await oa.control("POST", "audiences", kind="WEBTRAFFIC", name="cart", rule=rule))["audienceGroupId"]
    await oa.control("POST", "visits", page="/cart", user_ids=ids[:50])
    await oa.control("POST", "visits", page="/", user_ids=ids[50:])
    now = await read_audience(oa, number)
    oa.clock.advance(3 * DAY)
    await oa.control("POST", "visits", page="/cart", user_ids=ids[:20])
    oa.clock.advance(4 * DAY)
    later = await read_audience(oa, number)

    assert (now["audienceCount"], now["user_ids"]) == (50, ids[:50])
    assert (later["audienceCount"], later["user_ids"]) == (20, ids[:20])


async def test_tags_and_paths(oa: OfficialAccount) -> None:
    """CHAT_TAG and FRIEND_PATH audiences hold who has the tag, or came by the path."""
    ids = list(await oa.befriend(60))
    tagged = (await oa.control("POST", "audiences", kind="CHAT_TAG", name="vip", rule={"tag": "vip"}))[
        "audienceGroupId"
    ]
    came = (await oa.control("POST", "audiences", kind="FRIEND_PATH", name="qr", rule={"path": "qr"}))[
        "audienceGroupId"
    ]
    await oa.control("POST", "tags", tag="vip", user_ids=ids[:10])
    await oa.control("DELETE", "tags", tag="vip", user_ids=ids[:3])
    await oa.control("POST", "paths", path="qr", user_ids=ids[:55])

    assert (await read_audience(oa, tagged))["user_ids"] == ids[3:10]
    assert (await read_audience(oa, came))["audienceCount"] == 55


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "CHAT_TAG", "name": "a", "rule": {"page": "/"}},
        {"kind": "UPLOAD", "name": "a", "rule": {"tag": "a"}},
        {"kind": "WEBTRAFFIC", "name": "a", "rule": {"page": "/", "within_days": 181}},
        {"kind": "WEBTRAFFIC", "name": "a", "rule": {}},
    ],
)
async def test_rules_of_no_meaning(oa: OfficialAccount, body: dict[str, Any]) -> None:
    """A rule goes with the kind of the audience."""
    url = f"{oa.sandbox.url}/_control/line/channels/{oa.channel_id}/audiences"
    async with oa.http.post(url, json=body) as response:
        assert response.status == 400
        assert "rule" in (await response.json())["message"]


@pytest.mark.parametrize("body", [{"adds": -1}, {"paths": {}}, {"pages": {"/": 2}}, {"block_share": "x"}, {"luck": 1}])
async def test_lives_of_no_meaning(oa: OfficialAccount, body: dict[str, Any]) -> None:
    """A life is refused with the name of what is wrong."""
    async with oa.http.post(f"{oa.sandbox.url}/_control/line/channels/{oa.channel_id}/life", json=body) as response:
        assert response.status == 400
        assert next(iter(body)) in (await response.json())["message"]


async def test_people_come_and_go(oa: OfficialAccount) -> None:
    """Newcomers arrive daily by their paths, some people block and come back, and statistics tell of it."""
    await oa.befriend(1_000)
    await oa.control("POST", "life", adds=20, paths={"qr": 3, "ad": 1}, block_share=0.02, unblock_share=0.2)
    await pass_days(oa, 10)
    traces = await oa.control("GET", "traces")
    channel = (await oa.control("GET", "/line/channels"))["channels"][0]
    yesterday = (await oa.call("GET", "/v2/bot/insight/followers?date=20260624")).body
    first = (await oa.call("GET", "/v2/bot/insight/followers?date=20260614")).body

    assert channel["friends"] == 1_200
    assert sum(traces["paths"].values()) == 200
    assert traces["paths"]["qr"] > traces["paths"]["ad"] > 0
    assert 40 < channel["blocks"] < 160
    assert (first["followers"], first["blocks"]) == (1_000, 0)
    assert (yesterday["followers"], yesterday["blocks"]) == (1_200, channel["blocks"])


async def test_messages_lead_to_visits_purchases_and_blocks(oa: OfficialAccount) -> None:
    """Of those who tap some visit, of those some buy and are tagged; some recipients block."""
    await oa.control("POST", "/line/behaviour", open_share=1, click_share=0.5)
    ids = await oa.befriend(1_000)
    await oa.control("POST", "life", visit_share=0.8, buy_share=0.5, message_block_share=0.05)
    bought = (await oa.control("POST", "audiences", kind="WEBTRAFFIC", name="b", rule={"page": "/thanks"}))[
        "audienceGroupId"
    ]
    number = await oa.make_audience("UPLOAD", ids)
    message = {"type": "text", "text": URL}
    sent = await oa.narrowcast(recipient=one_audience(number), messages=[message])
    await oa.finish(sent.request_id)
    await pass_days(oa, 15)
    traces = await oa.control("GET", "traces")
    channel = (await oa.control("GET", "/line/channels"))["channels"][0]
    buyers = await read_audience(oa, bought)

    assert 150 < traces["tags"]["購入者"] < 250
    assert buyers["size"] == traces["tags"]["購入者"]
    assert 25 < channel["blocks"] < 80


async def test_a_new_life_ends_the_old_one(oa: OfficialAccount) -> None:
    """Only the last life that was given goes on."""
    await oa.control("POST", "life", adds=50)
    await oa.control("POST", "life", adds=1)
    await pass_days(oa, 3)

    assert (await oa.control("GET", "/line/channels"))["channels"][0]["friends"] == 3


async def test_the_loyal_open_more_often(oa: OfficialAccount) -> None:
    """With loyalty the openers of two messages are more often the same, and about as many as without."""
    overlaps, counts = [], []
    ids = await oa.befriend(2_000)
    number = await oa.make_audience("UPLOAD", ids)
    for loyalty in (0.0, 0.8):
        await oa.control("POST", "/line/behaviour", open_share=0.5, loyalty=loyalty)
        opened = []
        for _ in range(2):
            request_id = await oa.send(recipient=one_audience(number))
            oa.clock.advance(20 * DAY)
            body = {"description": "seen", "requestId": request_id}
            made = await oa.call("POST", "/v2/bot/audienceGroup/imp", body=body)
            oa.clock.advance(10)
            opened.append(set((await read_audience(oa, made.body["audienceGroupId"]))["user_ids"]))
        counts += [len(people) for people in opened]
        overlaps.append(len(opened[0] & opened[1]))

    assert all(850 < count < 1_150 for count in counts)
    assert overlaps[1] > overlaps[0] + 200


@pytest.mark.parametrize("file", ["living_shop.json"])
async def test_a_world_file(tmp_path: Path, file: str) -> None:
    """`python -m sandbox --world FILE` makes the same living world each time, on a clock that stands."""
    shown = []
    for run in range(2):
        port_file = tmp_path / f"port{run}"
        world = ROOT / "services" / "sandbox" / "worlds" / file
        arguments = [
            "--world",
            str(world),
            "--port-file",
            str(port_file),
            "--now",
            "2026-06-15T12:00:00+09:00",
            "--speed",
            "0",
        ]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sandbox", *arguments, env={**os.environ, "PYTHONPATH": str(ROOT / "services")}
        )  # fmt: skip
        await eventually(port_file.exists, deadline=30)
        async with aiohttp.ClientSession(f"http://{port_file.read_text()}") as http:
            await http.post("/_control/clock", json={"advance_seconds": 5 * DAY})
            paths = ("line/channels", "line/channels/2000000001/traces", "line/channels/2000000001/audiences")
            shown.append([await (await http.get(f"/_control/{path}")).text() for path in (*paths, "hubspot/accounts")])
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    channels = json.loads(shown[0][0])["channels"]
    contacts = json.loads(shown[0][3])["accounts"][0]

    assert shown[0] == shown[1]
    assert channels[0]["friends"] == 3_000 + 5 * 12
    assert [one["name"] for one in contacts["lists"]] == ["メルマガ会員", "購入者", "配信しない"]


@pytest.mark.parametrize(
    "content", ["{}", "[", '[{"path": "x"}]', '[{"path": "/nothing"}]', '[{"path": "/clock", "method": "GET"}]']
)
async def test_a_file_that_makes_no_world(tmp_path: Path, content: str) -> None:
    """A world file that can't be made ends the start with a message."""
    file = tmp_path / "world.json"
    file.write_text(content)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "sandbox", "--world", str(file)),
        env={**os.environ, "PYTHONPATH": str(ROOT / "services")},
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()

    assert process.returncode == 1
    assert told.decode().startswith("sandbox: ")


def test_ids_of_a_provider() -> None:
    """Two OAs of a provider share their people's ids, of two providers not (LP 8.7)."""
    ids = {name: generate_ids(name) for name in ("provider-1", "provider-2")}

    assert ids["provider-1"] == generate_ids("provider-1")
    assert not set(ids["provider-1"]) & set(ids["provider-2"])
    assert user_id(1) not in ids["provider-1"]


def generate_ids(provider: str) -> list[str]:
    """Return the ids of some people of a provider."""
    account = Account("U" + "0" * 32, provider, "name", "@id")
    add_friends(account, 20, seed=1, today=TODAY)
    return account.population.ids
