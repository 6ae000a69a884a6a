"""The switches for what LINE does not publish."""

from typing import Any

import pytest

from sandbox.line.settings import NARROWCAST_CHECKS, LineSettings


def test_change_keeps_the_rest() -> None:
    """Switches that are named change, the others stay."""
    checks = list(reversed(NARROWCAST_CHECKS))
    changed = LineSettings().change({"ready_delay": 5, "quota_failure": "delivery", "narrowcast_checks": checks})

    assert (changed.ready_delay, changed.quota_failure, changed.waiting_time) == (5, "delivery", 1.0)
    assert changed.narrowcast_checks == tuple(checks)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("unknown", 1),
        ("ready_delay", "soon"),
        ("ready_delay", -1),
        ("limits_on", 1),
        ("quota_failure", "never"),
        ("bucket_capacity", 1.5),
        ("narrowcast_checks", ["form"]),
        ("attribute_lag_days", True),
        ("quota_month_utc_offset_hours", 15),
        ("failed_descriptions", ["one"]),
    ],
)
def test_change_refuses_nonsense(name: str, value: Any) -> None:
    """A switch that does not exist, or a value without meaning, is refused by name."""
    with pytest.raises(ValueError, match=name):
        LineSettings().change({name: value})
