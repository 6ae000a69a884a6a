"""Names of aggregation units, of which a month takes 1,000 (LP 5.2)."""

import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.line.errors import Problems

MOST_NAMES = 1_000
_NAME = re.compile(r"[A-Za-z0-9_]{1,30}")


@dataclass(slots=True)
class UnitNames:
    """The names that were used, by JST month `yyyymm`, in order of their first use."""

    _months: dict[str, dict[str, None]] = field(default_factory=dict)

    def attach(self, name: str | None, month: str) -> str | None:
        """Return the name to count a message under; None when it is the month's 1,001st (LP 5.2)."""
        names = self._months.setdefault(month, {})
        if name is None or (name not in names and len(names) >= MOST_NAMES):
            return None
        names[name] = None
        return name

    def of(self, month: str) -> list[str]:
        """Return a month's names."""
        return list(self._months.get(month, ()))


def check_units(units: Any, problems: Problems) -> str | None:
    """Return the name of `customAggregationUnits`, at most one of 1..30 letters, digits and underscores."""
    if units is None or not problems.require_list(units, "customAggregationUnits", least=0, most=1):
        return None
    for name in units:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            problems.add("customAggregationUnits[0]", "Invalid unit name")
            return None
        return name
    return None
