"""A narrowcast over a million friends: how long its recipients take to find, and what the world weighs."""

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.sandbox.calls import NARROWCAST_PATH, Site, issue_token, make_audience, open_channel

AUDIENCES = 50
KINDS = ("UPLOAD", "CLICK", "IMP", "CHAT_TAG", "FRIEND_PATH", "WEBTRAFFIC")
ATTRIBUTES = (
    {"type": "gender", "oneOf": ["female"]},
    {"type": "age", "gte": "age_20", "lt": "age_50"},
    {"type": "appType", "oneOf": ["ios"]},
    {"type": "area", "oneOf": ["jp_13", "jp_14", "jp_27"]},
    {"type": "subscriptionPeriod", "gte": "day_30"},
)
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Scale:
    """What was measured over `friends` people; times in ms, memory in MiB."""

    friends: int
    generated_s: float
    evaluated_ms: float
    first_of_day_ms: float
    slowest_ms: float
    resident_mib: float


async def measure_population(site: Site, pid: int, *, friends: int, sends: int) -> Scale:
    """Make the world and send through it; each time is the call that LINE's delivery start runs in, HTTP included."""
    began = time.perf_counter()
    headers = await open_channel(site, friends=friends)
    numbers = [await make_audience(site, KINDS[n % len(KINDS)], (n + 1) / (AUDIENCES + 10)) for n in range(AUDIENCES)]
    generated = time.perf_counter() - began
    await site.require("POST", "/_control/clock", {"speed": 0})
    same_day = [await _time_one(site, headers, numbers, shift) for shift in range(sends)]
    first_of_day = []
    for shift in range(sends):
        await site.require("POST", "/_control/clock", {"advance_seconds": _DAY})
        headers = await issue_token(site)
        first_of_day.append(await _time_one(site, headers, numbers, shift))
    return Scale(
        friends=friends,
        generated_s=generated,
        evaluated_ms=median(same_day),
        first_of_day_ms=median(first_of_day),
        slowest_ms=max(same_day + first_of_day),
        resident_mib=_read_resident_mib(pid),
    )


async def _time_one(site: Site, headers: dict[str, str], numbers: list[int], shift: int) -> float:
    """Accept one send, and time the call in which its recipients are found."""
    status, answer, request_id = await site.call("POST", NARROWCAST_PATH, _make_body(numbers, shift), **headers)
    if status != 202:
        raise RuntimeError(f"a narrowcast was answered {status}: {answer}")
    await site.require("POST", "/_control/clock", {"advance_seconds": 1.5})
    began = time.perf_counter()
    path = f"/v2/bot/message/progress/narrowcast?requestId={request_id}"
    _, progress, _ = await site.call("GET", path, **headers)
    elapsed = (time.perf_counter() - began) * 1000
    if progress["phase"] != "sending" or not progress["targetCount"]:
        raise RuntimeError(f"the send was not evaluated: {progress}")
    # The end of the delivery is not part of the next one's time.
    await site.require("POST", "/_control/clock", {"advance_seconds": 10})
    await site.call("GET", path, **headers)
    return elapsed


def _make_body(numbers: list[int], shift: int) -> dict[str, Any]:
    """Return a send of 10 audiences under and, or, not, and 5 attributes; `shift` chooses which audiences."""
    chosen = [numbers[(shift * 7 + 5 * step) % len(numbers)] for step in range(10)]
    leaves: list[dict[str, Any]] = [{"type": "audience", "audienceGroupId": number} for number in chosen]
    either = {"type": "operator", "or": leaves[:6]}
    neither = {"type": "operator", "not": {"type": "operator", "and": leaves[6:9]}}
    recipient = {"type": "operator", "or": [{"type": "operator", "and": [either, neither]}, leaves[9]]}
    first, *others = ATTRIBUTES
    demographic = {"type": "operator", "and": [{"type": "operator", "not": first}, {"type": "operator", "or": others}]}
    return {
        "messages": [{"type": "text", "text": "hello"}],
        "recipient": recipient,
        "filter": {"demographic": demographic},
    }


def _read_resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the process has no memory figure")
