"""The control face: clock, read-back, faults, people; and the process around it."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from sandbox.app import start
from sandbox.settings import Settings
from sandbox.world import CHANNEL_ID, CHANNEL_SECRET
from tests.contract.sandbox.line.driver import START, TEXT, OfficialAccount

ROOT = Path(__file__).parents[4]


async def test_clock(oa: OfficialAccount) -> None:
    """The clock can be put to a time, moved by seconds, and set to run faster."""
    await oa.control("POST", "/clock", now="2026-07-01T00:00:00+09:00")
    moved = await oa.control("POST", "/clock", advance_seconds=90)
    await oa.control("POST", "/clock", speed=2)
    shown = await oa.control("GET", "/clock")

    assert moved["now"] == "2026-06-30T15:01:30+00:00"
    assert shown["speed"] == 2


@pytest.mark.parametrize(
    "body", [{"now": "yesterday"}, {"now": "2026-07-01T00:00:00"}, {"speed": -1}, {"advance_seconds": 1e300}]
)
async def test_clock_refuses_nonsense(oa: OfficialAccount, body: dict[str, object]) -> None:
    """A time that can't be set is a 400, and the clock stays."""
    async with oa.http.post(f"{oa.sandbox.url}/_control/clock", json=body) as response:
        answer = await response.json()

    assert response.status == 400
    assert answer["message"]
    assert oa.clock.now() == START


async def test_read_back(oa: OfficialAccount) -> None:
    """Every vendor request is on record with its body, key, status and request id; control requests are not."""
    await oa.befriend(5)
    key = "123e4567-e89b-12d3-a456-426614174000"
    sent = await oa.narrowcast(retry_key=key)
    found = await oa.control("GET", "/requests?method=post&path=/v2/bot/message/*")
    everything = await oa.control("GET", "/requests")
    await oa.control("DELETE", "/requests")
    cleared = await oa.control("GET", "/requests")

    assert len(found["requests"]) == 1
    entry = found["requests"][0]
    assert (entry["body"], entry["status"], entry["request_id"]) == ({"messages": [TEXT]}, 202, sent.request_id)
    assert entry["headers"]["x-line-retry-key"] == key
    assert entry["time"] == START.isoformat()
    assert "authorization" not in entry["headers"]
    assert [one["path"] for one in everything["requests"]] == ["/oauth2/v3/token", "/v2/bot/message/narrowcast"]
    assert everything["requests"][0]["body"] is None
    assert cleared == {"requests": []}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/_control/line/channels/9/narrowcasts", None, 404),
        ("POST", "/_control/line/channels", {"channel_id": "2000000009", "secret": "x"}, 400),
        ("POST", "/_control/line/channels", {"channel_id": "x"}, 400),
        ("POST", "/_control/line/settings", {"no_such_switch": 1}, 400),
        ("POST", "/_control/line/behaviour", {"open_share": 2}, 400),
        ("POST", "/_control/line/channels/2000000009/friends", {"count": -1}, 400),
        ("POST", "/_control/line/channels/2000000009/friends", {"people": [{"user_id": "me"}]}, 400),
        (
            "POST",
            "/_control/line/channels/2000000009/friends",
            {"people": [{"user_id": "U" + "0" * 32, "age": {}}]},
            400,
        ),
        ("POST", "/_control/line/channels/2000000009/audiences", {"kind": "NEW", "name": "a"}, 400),
        ("POST", "/_control/line/channels/2000000009/blocks", {"count": 1}, 400),
        ("POST", "/_control/line/channels/2000000009/opens", {"request_id": "x"}, 404),
        ("GET", "/_control/line/channels/2000000009/audiences/1", None, 404),
    ],
)
async def test_control_refuses_nonsense(
    oa: OfficialAccount, method: str, path: str, body: dict[str, object] | None, status: int
) -> None:
    """A control request that makes no sense is a 400 or 404 with a message."""
    async with oa.http.request(method, oa.sandbox.url + path, json=body) as response:
        answer = await response.json()

    assert response.status == status
    assert answer["message"]


async def test_same_seed_same_world() -> None:
    """Two demo worlds of one seed show the same friends, audiences and request ids."""
    shown = []
    for _ in range(2):
        sandbox = await start(Settings(friends=500, seed=11))
        sandbox.state.clock.run_at(0)
        sandbox.state.clock.move_to(START)
        async with aiohttp.ClientSession() as http:
            account = OfficialAccount(sandbox, http, CHANNEL_ID, CHANNEL_SECRET)
            sent = await account.narrowcast()
            await account.finish(sent.request_id)
            sends = await account.control("GET", "narrowcasts?recipients=true")
        await sandbox.aclose()
        shown.append((sent.request_id, sends))

    assert shown[0] == shown[1]


async def test_demo_world() -> None:
    """The demo's OA has the six kinds ready, a small tag, an audience in progress and an expired one."""
    sandbox = await start(Settings())
    async with aiohttp.ClientSession() as http:
        account = OfficialAccount(sandbox, http, CHANNEL_ID, CHANNEL_SECRET)
        groups = (await account.call("GET", "/v2/bot/audienceGroup/list?page=1&size=40")).body["audienceGroups"]
        channel = await account.control("GET", "/line/channels")
        yesterday = (sandbox.state.clock.now() - timedelta(days=1)).strftime("%Y%m%d")
        followers = (await account.call("GET", f"/v2/bot/insight/followers?date={yesterday}")).body
    await sandbox.aclose()

    big = {group["type"] for group in groups if group["status"] == "READY" and group["audienceCount"] >= 300}
    assert big == {"UPLOAD", "CLICK", "IMP", "CHAT_TAG", "FRIEND_PATH", "WEBTRAFFIC"}
    assert {("CHAT_TAG", 30), ("WEBTRAFFIC", 60)} <= {(group["type"], group["audienceCount"]) for group in groups}
    assert {"IN_PROGRESS", "EXPIRED"} <= {group["status"] for group in groups}
    assert channel["channels"][0]["target_reach"] >= 3_000
    assert followers["status"] == "ready"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_process(tmp_path: Path, number: signal.Signals) -> None:
    """`python -m sandbox` writes its address when it listens, and ends with 0 at once when told to stop."""
    port_file = tmp_path / "port"
    arguments = ["--listen", "127.0.0.1:0", "--port-file", str(port_file), "--world", "empty"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "sandbox", *arguments),
        env={**os.environ, "PYTHONPATH": str(ROOT / "services")},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), timeout=20)
    address = port_file.read_text(encoding="utf-8")
    async with aiohttp.ClientSession() as http, http.get(f"http://{address}/_control/health") as response:
        health = await response.json()
        process.send_signal(number)
        code = await asyncio.wait_for(process.wait(), timeout=5)

    assert line.decode() == f"sandbox listens on http://{address}\n"
    assert health == {"status": "SERVING"}
    assert code == 0
