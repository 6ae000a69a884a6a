"""Evaluation of narrowcast trees over sets of people; pure."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from sandbox.line.sending.trees import Both, Either, Leaf, Not, Tree


@dataclass(frozen=True, slots=True)
class Sides:
    """Who certainly matches and who certainly does not; someone with an unknown attribute is on neither side."""

    yes: int
    no: int


def evaluate(tree: Tree, resolve: Callable[[Leaf], Sides]) -> Sides:
    """Return both sides of a tree in three-valued logic, so that `not` does not reach unknowns (LP 4.4).

    `resolve` gives the sides of a leaf. Where nothing is unknown (audiences, or the switch
    `not_matches_unknown`) its sides cover everyone, and the result is ordinary set algebra.
    """
    match tree:
        case Both(children):
            return reduce(_intersect, (evaluate(child, resolve) for child in children))
        case Either(children):
            return reduce(_unite, (evaluate(child, resolve) for child in children))
        case Not(child):
            sides = evaluate(child, resolve)
            return Sides(yes=sides.no, no=sides.yes)
        case _:
            return resolve(tree)


def _intersect(left: Sides, right: Sides) -> Sides:
    return Sides(yes=left.yes & right.yes, no=left.no | right.no)


def _unite(left: Sides, right: Sides) -> Sides:
    return Sides(yes=left.yes | right.yes, no=left.no & right.no)
