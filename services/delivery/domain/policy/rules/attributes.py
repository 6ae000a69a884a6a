"""Rules about the values of attribute filters: LINE has only certain steps and areas (R2; LP 4.4)."""

from collections.abc import Iterator

from delivery.domain.policy.case import Case
from delivery.domain.policy.facts import FactsUnknown
from delivery.domain.policy.findings import Code, Finding, Severity
from delivery.domain.targeting.trees import AgeFilter, AreaFilter, AttributeFilter, FriendshipFilter

AGES = range(15, 71, 5)
"""Ages at which LINE can cut (LP 4.4)."""

FRIENDSHIP_DAYS = (7, 30, 90, 180, 365)
"""Days of friendship at which LINE can cut (LP 4.4)."""

AREA_COUNTS = {"jp": 47, "tw": 22, "th": 8}
"""Number of LINE's areas, keyed by prefix; they are numbered from 01 (LP 4.4)."""


def require_supported_values(case: Case) -> Iterator[Finding]:
    """Refuse ages and days of friendship between LINE's steps."""
    for path, leaf in case.attributes:
        for field, value, steps in _list_ends(leaf):
            if value is not None and value not in steps:
                allowed = ", ".join(map(str, steps))
                yield Finding(
                    Code.ATTRIBUTE_VALUE_UNSUPPORTED,
                    Severity.ERROR,
                    f"{path}.{field}",
                    f"LINE has only these steps: {allowed}.",
                    {"value": value},
                    relax=(path,),
                )


def require_supported_areas(case: Case) -> Iterator[Finding]:
    """Refuse areas that LINE does not have, or not for this Official Account."""
    channel = case.facts.channel
    for path, leaf in case.attributes:
        codes = leaf.one_of if isinstance(leaf, AreaFilter) else ()
        for index, code in enumerate(codes):
            prefix = channel.area_prefix
            if prefix is None:
                raise FactsUnknown((channel.channel,))
            if not _has_area(prefix, code):
                yield Finding(
                    Code.AREA_NOT_SUPPORTED,
                    Severity.ERROR,
                    f"{path}.one_of[{index}]",
                    f"LINE has no area {code} for this Official Account; its areas begin with {prefix}_.",
                    relax=(path,),
                )


def _list_ends(leaf: AttributeFilter) -> tuple[tuple[str, int | None, range | tuple[int, ...]], ...]:
    """Return field, value and LINE's steps of both ends of a range; nothing for other filters."""
    match leaf:
        case AgeFilter(low, high):
            return ("from_age", low, AGES), ("below_age", high, AGES)
        case FriendshipFilter(low, high):
            return ("from_days", low, FRIENDSHIP_DAYS), ("below_days", high, FRIENDSHIP_DAYS)
    return ()


def _has_area(prefix: str, code: str) -> bool:
    own_prefix, _, number = code.partition("_")
    return own_prefix == prefix and 1 <= int(number) <= AREA_COUNTS.get(prefix, 0)
