"""The fault plan."""

import pytest

from sandbox.faults import Fault, FaultError, FaultPlan


def hits(plan: FaultPlan, count: int, *, method: str = "GET", path: str = "/a") -> list[int]:
    """Return which of `count` calls are hit, from 1."""
    return [number for number in range(1, count + 1) if plan.take(method, path)]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({}, [1]),
        ({"nth": 3}, [3]),
        ({"times": 2}, [1, 2]),
        ({"nth": 2, "every": 3, "times": None}, [2, 5, 8]),
    ],
)
def test_which_calls_are_hit(fault: dict[str, int | None], expected: list[int]) -> None:
    """The n-th call and each so-manieth after it are hit, as often as asked."""
    plan = FaultPlan()
    plan.add(Fault.from_json({"path": "/a", "kind": "drop", **fault}))

    assert hits(plan, 9) == expected


def test_only_matching_calls_count() -> None:
    """Calls of another method or path neither count nor are hit."""
    plan = FaultPlan()
    plan.add(Fault.from_json({"path": "/a*", "method": "POST", "kind": "drop", "nth": 2}))

    assert hits(plan, 5, method="GET") == []
    assert hits(plan, 5, method="POST", path="/b") == []
    assert hits(plan, 5, method="POST", path="/abc") == [2]


def test_a_channel_may_be_sick_alone() -> None:
    """A fault of one LINE channel neither counts nor hits the calls of others, nor those without a channel."""
    plan = FaultPlan()
    plan.add(Fault.from_json({"path": "/a", "kind": "drop", "channel": "1", "times": None}))

    assert [bool(plan.take("GET", "/a", channel=channel)) for channel in ("2", "1", None, "1")] == [
        False,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"kind": "drop"}, "path"),
        ({"path": "/a", "kind": "melt"}, "kind"),
        ({"path": "/a", "kind": "drop", "when": "never"}, "when"),
        ({"path": "/a", "kind": "drop", "channel": 1}, "channel"),
        ({"path": "/a", "kind": "drop", "nth": True}, "nth"),
        ({"path": "/a", "kind": "drop", "times": 0}, "times"),
        ({"path": "/a", "kind": "narrowcast_failure", "error_code": 6}, "error_code"),
        ({"path": "/a", "answer": "line_party"}, "answer"),
        ({"path": "/a", "kind": "drop", "wen": "after"}, "wen"),
        ({"path": "/a", "kind": "answer", "status": "500"}, "status"),
        ({"path": "/a", "kind": "delay", "seconds": -1}, "seconds"),
    ],
)
def test_nonsense(document: dict[str, object], field: str) -> None:
    """A fault that makes no sense is refused by the name of its field."""
    with pytest.raises(FaultError, match=field):
        Fault.from_json(document)
