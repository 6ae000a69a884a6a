"""Who receives, by LINE's deemed attributes (LP 4.4).

Values are LINE's own and open: which of them exist, and for which OA, is the caller's to know.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

from lineapi.trees import Tree


@dataclass(frozen=True, slots=True)
class Gender:
    """One of `male`, `female`."""

    one_of: tuple[str, ...]

    def __post_init__(self) -> None:
        _require_values(self.one_of)

    def to_json(self) -> dict[str, Any]:
        """Give LINE's gender object."""
        return {"type": "gender", "oneOf": list(self.one_of)}


@dataclass(frozen=True, slots=True)
class AppType:
    """One of `ios`, `android`."""

    one_of: tuple[str, ...]

    def __post_init__(self) -> None:
        _require_values(self.one_of)

    def to_json(self) -> dict[str, Any]:
        """Give LINE's appType object."""
        return {"type": "appType", "oneOf": list(self.one_of)}


@dataclass(frozen=True, slots=True)
class Area:
    """One of LINE's area codes, as `jp_13`."""

    one_of: tuple[str, ...]

    def __post_init__(self) -> None:
        _require_values(self.one_of)

    def to_json(self) -> dict[str, Any]:
        """Give LINE's area object."""
        return {"type": "area", "oneOf": list(self.one_of)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """Years of age from `gte` (included) to `lt` (not included); at least one of them."""

    gte: int | None = None
    lt: int | None = None

    def __post_init__(self) -> None:
        _require_range(self.gte, self.lt)

    def to_json(self) -> dict[str, Any]:
        """Give LINE's age object, with steps as `age_20`."""
        return {"type": "age", **_write_range("age", self.gte, self.lt)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionPeriod:
    """Days since the friend was added, from `gte` (included) to `lt` (not included); at least one of them."""

    gte: int | None = None
    lt: int | None = None

    def __post_init__(self) -> None:
        _require_range(self.gte, self.lt)

    def to_json(self) -> dict[str, Any]:
        """Give LINE's subscriptionPeriod object, with steps as `day_30`."""
        return {"type": "subscriptionPeriod", **_write_range("day", self.gte, self.lt)}


DemographicTree: TypeAlias = Tree[Gender | AppType | Area | Age | SubscriptionPeriod]


def _require_values(values: tuple[str, ...]) -> None:
    if not values:
        raise ValueError("at least one value is needed")


def _require_range(gte: int | None, lt: int | None) -> None:
    if gte is None and lt is None:
        raise ValueError("a range needs gte or lt")
    if gte is not None and lt is not None and gte >= lt:
        raise ValueError("a range needs gte below lt")


def _write_range(unit: str, gte: int | None, lt: int | None) -> dict[str, str]:
    return {name: f"{unit}_{value}" for name, value in (("gte", gte), ("lt", lt)) if value is not None}
