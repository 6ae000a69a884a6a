"""How many people a targeting can reach, as far as counts of its audiences prove anything (architecture 3).

The least is always 0: counts include people who block and people who have not consented, and LINE's data lag. So only
the most is proven; `likely` says how many are known to be meant.

The target reach bounds nothing here. It counts people with well-known attributes only (LP 6.4), so a send to audiences
may reach more; and with attributes a reach below 100 is refused by a rule of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from delivery.domain.targeting.sizes import Size
from delivery.domain.targeting.trees import AllBut, AllOf, AnyOf, Audience, AudienceNode, LineAudience

Sizes: TypeAlias = Mapping[str, Size]
_UNKNOWN = Size()


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is known of the number of recipients before a send.

    Attributes:
        at_most: No more than so many can receive, as of the counts' observation; None when nothing bounds them.
        likely: So many members of audiences are known to be meant, friends or not; 0 where attributes choose too.

    """

    at_most: int | None
    likely: int


def bound_recipients(chosen: LineAudience, sizes: Sizes, *, recipient_limit: int | None = None) -> Bounds:
    """Bound the recipients of a targeting by the sizes of its audiences, keyed by name; a missing one is unknown."""
    at_most = bound_above(chosen.audience, sizes) if chosen.audience else None
    likely = _likely(chosen.audience, sizes) if chosen.audience and not chosen.attributes else 0
    if recipient_limit is None:
        return Bounds(at_most, likely)
    return Bounds(_least_known((at_most, recipient_limit)), min(likely, recipient_limit))


def bound_above(node: AudienceNode, sizes: Sizes, *, negated: bool = False) -> int | None:
    """Return the most people whom `node`, or all but it when `negated`, can hold; None when nothing bounds them.

    Negations are pushed down to the leaves (De Morgan), where all but an audience is bounded by nothing: how many
    friends there are is not known.
    """
    match node:
        case Audience(name):
            return None if negated else sizes.get(name, _UNKNOWN).at_most
        case AllBut(operand):
            return bound_above(operand, sizes, negated=not negated)
    bounds = [bound_above(operand, sizes, negated=negated) for operand in _distinct(node)]
    return _least_known(bounds) if _intersects(node, negated=negated) else _sum_known(bounds)


def _likely(node: AudienceNode, sizes: Sizes, *, negated: bool = False) -> int:
    """Return how many members are known to be in `node`; intersections of different audiences may be empty."""
    match node:
        case Audience(name):
            return 0 if negated else sizes.get(name, _UNKNOWN).at_least
        case AllBut(operand):
            return _likely(operand, sizes, negated=not negated)
    known = [_likely(operand, sizes, negated=negated) for operand in _distinct(node)]
    if _intersects(node, negated=negated):
        return known[0] if len(known) == 1 else 0
    return max(known)


def _intersects(node: AllOf[AudienceNode] | AnyOf[AudienceNode], *, negated: bool) -> bool:
    return isinstance(node, AllOf) != negated


def _distinct(node: AllOf[AudienceNode] | AnyOf[AudienceNode]) -> Iterable[AudienceNode]:
    """Return the operands once each: naming an audience twice adds nobody."""
    return dict.fromkeys(node.nodes)


def _least_known(bounds: Iterable[int | None]) -> int | None:
    return min((bound for bound in bounds if bound is not None), default=None)


def _sum_known(bounds: Iterable[int | None]) -> int | None:
    total = 0
    for bound in bounds:
        if bound is None:
            return None
        total += bound
    return total
