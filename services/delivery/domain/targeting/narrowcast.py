"""Turns a targeting into the narrowcast that LINE is asked for, in LINE's own terms (architecture 3; LP 4.2 to 4.4).

Nothing that could change the meaning is simplified: what the caller wrote is what LINE evaluates.

    RecipientNode      RecipientAudience | AllOf | AnyOf | AllBut
    demographic tree   targeting's AttributeNode, which names LINE's filters one to one
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from delivery.domain.content.canonical import canonical_json
from delivery.domain.targeting.sizes import ROUNDING
from delivery.domain.targeting.trees import (
    AgeFilter,
    AllBut,
    AllOf,
    AnyOf,
    AreaFilter,
    AttributeFilter,
    AttributeNode,
    Audience,
    AudienceNode,
    FriendshipFilter,
    GenderFilter,
    LineAudience,
    ListMode,
    OSFilter,
    Targeting,
)
from kit.errors import ServiceError

LARGEST_LIMIT = 2**31 - 1
"""Largest `limit.max` that is sent; LINE's schema names no upper end (LP 4.2)."""

LEAST_HEADROOM = 50
"""Least by which `limit.max` exceeds the known bound: an audience may have grown since it was counted (ours)."""

JSON: TypeAlias = dict[str, Any]


class TargetingModeUnsupported(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The targeting is meaningful, but this version can't send it; becomes UNIMPLEMENTED.

    Attributes:
        mode: `LIST_APPLIED`, or `LINE_AUDIENCE_ABSENT` for a normal list delivery.

    """

    def __init__(self, mode: str) -> None:
        super().__init__("This version can't send in this targeting mode.", metadata={"mode": mode})
        self.mode = mode


@dataclass(frozen=True, slots=True)
class RecipientAudience:
    """LINE's recipient object for an audience."""

    group_id: int


RecipientNode: TypeAlias = RecipientAudience | AllOf["RecipientNode"] | AnyOf["RecipientNode"] | AllBut["RecipientNode"]


@dataclass(frozen=True, slots=True)
class Limit:
    """LINE's limit object (LP 4.7); at least one part is set, because without any LINE holds the whole target reach."""

    most: int | None = None
    up_to_remaining_quota: bool = False
    forbid_partial_delivery: bool = False

    def __post_init__(self) -> None:
        if self.most is None and not self.up_to_remaining_quota:
            raise ValueError("a narrowcast needs a limit")
        if self.most is not None and self.most < 1:
            raise ValueError("a limit is at least 1")
        if self.forbid_partial_delivery and not self.up_to_remaining_quota:
            raise ValueError("LINE takes forbidPartialDelivery only with upToRemainingQuota")

    def to_json(self) -> JSON:
        """Return LINE's object; what is not set is left out."""
        parts: JSON = {} if self.most is None else {"max": self.most}
        if self.up_to_remaining_quota:
            parts["upToRemainingQuota"] = True
        if self.forbid_partial_delivery:
            parts["forbidPartialDelivery"] = True
        return parts


@dataclass(frozen=True, slots=True)
class Narrowcast:
    """One narrowcast; it can't hold neither tree, since LINE would then send to all friends (LP 4.2)."""

    recipient: RecipientNode | None
    demographic: AttributeNode | None
    limit: Limit

    def __post_init__(self) -> None:
        if self.recipient is None and self.demographic is None:
            raise ValueError("a narrowcast needs a recipient tree or a demographic tree")

    def to_json(self) -> JSON:
        """Return the body of LINE's request without its messages: `recipient`, `filter.demographic`, `limit`."""
        parts: JSON = {}
        if self.recipient is not None:
            parts["recipient"] = recipient_json(self.recipient)
        if self.demographic is not None:
            parts["filter"] = {"demographic": demographic_json(self.demographic)}
        parts["limit"] = self.limit.to_json()
        return parts

    def to_body(self, messages: bytes, *, notification_disabled: bool) -> bytes:
        """Return the bytes that go to LINE; `messages` is the canonical JSON array as stored, never spelled anew."""
        rest = self.to_json()
        if notification_disabled:
            rest["notificationDisabled"] = True
        return b'{"messages":' + messages + b"," + canonical_json(rest)[1:]

    def count_held(self, reach: int | None) -> int | None:
        """Return the most messages that LINE holds back while it sends (LP 4.7); None when not known.

        Callers see it, so the target reach is rounded up to a multiple of 10: a friend more or less must not show (V7).
        """
        rounded = None if reach is None else -(-reach // ROUNDING) * ROUNDING
        return min((bound for bound in (rounded, self.limit.most) if bound is not None), default=None)

    def count_needed(self, reach: int | None) -> int | None:
        """Return the messages that must be left for it: its own limit, else what LINE holds; None when not known.

        The reach does not lower the limit here: it counts people with well-known attributes only (LP 6.4), so a send to
        audiences may take more.
        """
        return self.count_held(reach) if self.limit.most is None else self.limit.most


def compile_narrowcast(targeting: Targeting, *, at_most: int | None, recipient_limit: int | None) -> Narrowcast:
    """Compile a targeting of the mode LIST_NOT_APPLIED, in which the lists play no part (R5).

    Args:
        targeting: Whom LINE should choose.
        at_most: The known bound of the recipients, without the caller's own limit; None when nothing bounds them.
        recipient_limit: The caller's own limit; None when there is none.

    Raises:
        TargetingModeUnsupported: For LIST_APPLIED and for targeting without `line_audience`.

    """
    chosen = require_line_audience(targeting)
    recipient = _compile_recipient(chosen.audience) if chosen.audience else None
    return Narrowcast(recipient, chosen.attributes, _choose_limit(at_most, recipient_limit))


def require_line_audience(targeting: Targeting) -> LineAudience:
    """Return whom LINE should choose; raises `TargetingModeUnsupported` unless LINE alone decides who receives."""
    chosen = targeting.line_audience
    if chosen is None:
        raise TargetingModeUnsupported("LINE_AUDIENCE_ABSENT")
    if chosen.list_mode is not ListMode.LIST_NOT_APPLIED:
        raise TargetingModeUnsupported(chosen.list_mode.value)
    return chosen


def recipient_json(node: RecipientNode) -> JSON:
    """Return LINE's recipient object (LP 4.3)."""
    if isinstance(node, RecipientAudience):
        return {"type": "audience", "audienceGroupId": node.group_id}
    return _operator_json(node, recipient_json)


def demographic_json(node: AttributeNode) -> JSON:
    """Return LINE's demographic object (LP 4.4)."""
    if isinstance(node, AllOf | AnyOf | AllBut):
        return _operator_json(node, demographic_json)
    return _filter_json(node)


def _compile_recipient(node: AudienceNode) -> RecipientNode:
    match node:
        case Audience():
            return RecipientAudience(node.group_id)
        case AllOf(nodes):
            return AllOf(tuple(map(_compile_recipient, nodes)))
        case AnyOf(nodes):
            return AnyOf(tuple(map(_compile_recipient, nodes)))
        case AllBut(operand):
            return AllBut(_compile_recipient(operand))


def _choose_limit(at_most: int | None, recipient_limit: int | None) -> Limit:
    """Choose all or nothing within a little more than the bound; a caller's own limit stands alone (architecture 3)."""
    if recipient_limit is not None:
        return Limit(most=recipient_limit)
    most = None if at_most is None else min(LARGEST_LIMIT, at_most + max(LEAST_HEADROOM, at_most // 10))
    return Limit(most=most, up_to_remaining_quota=True, forbid_partial_delivery=True)


def _operator_json(node: AllOf[Any] | AnyOf[Any] | AllBut[Any], to_json: Callable[[Any], JSON]) -> JSON:
    match node:
        case AllOf(nodes):
            return {"type": "operator", "and": [to_json(operand) for operand in nodes]}
        case AnyOf(nodes):
            return {"type": "operator", "or": [to_json(operand) for operand in nodes]}
        case AllBut(operand):
            return {"type": "operator", "not": to_json(operand)}


def _filter_json(leaf: AttributeFilter) -> JSON:
    match leaf:
        case GenderFilter(one_of):
            return {"type": "gender", "oneOf": [gender.value.lower() for gender in dict.fromkeys(one_of)]}
        case AgeFilter(low, high):
            return {"type": "age", **_range_json("age", low, high)}
        case OSFilter(one_of):
            return {"type": "appType", "oneOf": [system.value.lower() for system in dict.fromkeys(one_of)]}
        case AreaFilter(one_of):
            return {"type": "area", "oneOf": list(dict.fromkeys(one_of))}
        case FriendshipFilter(low, high):
            return {"type": "subscriptionPeriod", **_range_json("day", low, high)}


def _range_json(unit: str, low: int | None, high: int | None) -> JSON:
    ends = (("gte", low), ("lt", high))
    return {end: f"{unit}_{value}" for end, value in ends if value is not None}
