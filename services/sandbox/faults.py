"""The fault plan that LINE and HubSpot share: what goes wrong, on which route, on which call."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

Kind = Literal["answer", "drop", "delay", "hang", "narrowcast_failure"]
When = Literal["before", "after"]


class FaultError(ValueError):
    """A fault that can't be planned; the text says which field and why."""


@dataclass(frozen=True, slots=True)
class NamedAnswer:
    """An answer that vendors give when something is wrong."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def _hubspot_limit(policy: str) -> NamedAnswer:
    message = f"You have reached your {policy.lower()} limit."
    body = {"status": "error", "message": message, "errorType": "RATE_LIMIT", "policyName": policy}
    return NamedAnswer(429, body)


# LINE's kinds of 429 (LP 1.7); texts of the two last are not published, these are ours. HubSpot's limits in both
# shapes, its lock and its moves between data centres (HS 3, 4.3).
NAMED_ANSWERS: Mapping[str, NamedAnswer] = {
    "line_rate_limit": NamedAnswer(429, {"message": "The API rate limit has been exceeded. Try again later."}),
    "line_monthly_limit": NamedAnswer(429, {"message": "You have reached your monthly limit."}),
    "line_concurrency": NamedAnswer(429, {"message": "Too many concurrent operations on the audience."}),
    "line_user_limit": NamedAnswer(429, {"message": "Too many messages to this user."}),
    "hubspot_burst": _hubspot_limit("TEN_SECONDLY_ROLLING"),
    "hubspot_search": _hubspot_limit("SECONDLY"),
    "hubspot_daily": _hubspot_limit("DAILY"),
    "hubspot_category": NamedAnswer(
        429,
        {"status": "error", "message": "You have reached your secondly limit.", "category": "RATE_LIMITS"},
    ),
    "hubspot_locked": NamedAnswer(423, {"status": "error", "message": "The resource is locked.", "category": "LOCKED"}),
    "hubspot_migration": NamedAnswer(
        477, {"status": "error", "message": "The account is being moved."}, {"Retry-After": "3600"}
    ),
}
NARROWCAST_ERROR_CODES = range(1, 6)
HTTP_STATUSES = range(100, 600)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Of the calls that match `method`, `path` (a shell pattern: `/v2/bot/message/*`) and `channel` (the id of the LINE
    channel whose token they bear or ask for), the `nth` and then each `every`-th are hit, `times` times in all (None:
    for ever). `when` says whether the handler has taken effect: an answer of 500 `after` hides an accepted send, as a
    dropped connection `after` does.

    Kinds: `answer` (status, body, headers; or `answer`, a name of `NAMED_ANSWERS`), `drop` (the connection is
    reset), `delay` (`seconds` of machine time, then normal service), `hang` (nothing comes back until the caller
    gives up) and `narrowcast_failure` (accepted, then progress ends `failed` with `error_code`, LP 4.8).
    """

    path: str
    kind: Kind
    method: str | None = None
    channel: str | None = None
    when: When = "before"
    nth: int = 1
    every: int = 1
    times: int | None = 1
    status: int = 500
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    error_code: int = 1

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Fault":
        """Read a fault as the control face takes it.

        Raises:
            FaultError: a field is missing, unknown or has no meaning.

        """
        values = dict(document)
        name = values.pop("answer", None)
        unknown = values.keys() - {spec.name for spec in fields(cls)}
        if unknown:
            raise FaultError(f"unknown field: {min(unknown)}")
        if name is not None:
            if name not in NAMED_ANSWERS:
                raise FaultError(f"answer: one of {sorted(NAMED_ANSWERS)}")
            named = NAMED_ANSWERS[name]
            values |= {"status": named.status, "body": named.body, "headers": named.headers}
            values.setdefault("kind", "answer")
        _check(values)
        return cls(**values)

    def matches(self, method: str, path: str, channel: str | None) -> bool:
        """Whether a call of this method, path and channel counts towards this fault."""
        is_meant = self.method in (None, method) and self.channel in (None, channel)
        return is_meant and fnmatchcase(path, self.path)

    def describe(self) -> str:
        """Name the fault in a few characters for the journal."""
        detail = {"answer": f":{self.status}", "narrowcast_failure": f":{self.error_code}"}.get(self.kind, "")
        return f"{self.kind}{detail}:{self.when}"


@dataclass(slots=True)
class _Planned:
    fault: Fault
    calls: int = 0
    hits: int = 0

    def strike(self) -> bool:
        """Count one call; whether it is hit."""
        self.calls += 1
        exhausted = self.fault.times is not None and self.hits >= self.fault.times
        due = self.calls >= self.fault.nth and (self.calls - self.fault.nth) % self.fault.every == 0
        if exhausted or not due:
            return False
        self.hits += 1
        return True


class FaultPlan:
    """The faults planned now, in the order they were added."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def add(self, fault: Fault) -> None:
        """Plan a fault; its counting starts with the next call."""
        self._planned.append(_Planned(fault))

    def clear(self) -> None:
        """Plan nothing."""
        self._planned.clear()

    def take(self, method: str, path: str, *, channel: str | None = None) -> tuple[Fault, ...]:
        """Count one call against every fault that matches it, and return those that hit it."""
        if not self._planned:
            return ()
        return tuple(p.fault for p in self._planned if p.fault.matches(method, path, channel) and p.strike())

    def to_json(self) -> list[dict[str, Any]]:
        """Return the plan with how often each fault was counted and hit."""
        return [
            {
                "path": p.fault.path,
                "method": p.fault.method,
                "channel": p.fault.channel,
                "fault": p.fault.describe(),
                "calls": p.calls,
                "hits": p.hits,
            }
            for p in self._planned
        ]


def _check(values: Mapping[str, Any]) -> None:
    if not isinstance(values.get("path"), str):
        raise FaultError("path: a shell pattern is required")
    if values.get("kind") not in get_args(Kind):
        raise FaultError(f"kind: one of {get_args(Kind)}")
    if not isinstance(values.get("channel"), str | None):
        raise FaultError("channel: the id of a LINE channel")
    if values.get("when", "before") not in get_args(When):
        raise FaultError(f"when: one of {get_args(When)}")
    if not isinstance(values.get("headers", {}), dict):
        raise FaultError("headers: an object is expected")
    _check_numbers(values)


def _check_numbers(values: Mapping[str, Any]) -> None:
    for name in ("nth", "every"):
        if not _is_positive(values.get(name, 1)):
            raise FaultError(f"{name}: an integer of 1 or more")
    if values.get("times", 1) is not None and not _is_positive(values.get("times", 1)):
        raise FaultError("times: an integer of 1 or more, or null for ever")
    if values.get("status", 500) not in HTTP_STATUSES:
        raise FaultError("status: 100 to 599")
    seconds = values.get("seconds", 0.0)
    if not isinstance(seconds, (int, float)) or seconds < 0:
        raise FaultError("seconds: 0 or more")
    if values.get("error_code", 1) not in NARROWCAST_ERROR_CODES:
        raise FaultError("error_code: 1 to 5")


def _is_positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
