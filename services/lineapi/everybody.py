"""The check that the body of a narrowcast does not address every friend, the last one before it leaves (LP 4.2)."""

import json
from typing import Any

from lineapi.errors import EverybodyRefusedError


def refuse_everybody(body: bytes) -> None:
    """Raise `EverybodyRefusedError` unless these bytes surely narrow: a tree with at least one leaf in it.

    Looks at the bytes themselves, the last thing before they leave, so that no mistake above can reach every friend.
    """
    try:
        request = json.loads(body, object_pairs_hook=_refuse_repeated_names)
    except ValueError:
        # The decoder's error carries the document, so it is not chained.
        raise EverybodyRefusedError("the body is no plain JSON") from None
    if not isinstance(request, dict):
        raise EverybodyRefusedError("the body is no JSON object")
    attributes = request.get("filter")
    demographic = attributes.get("demographic") if isinstance(attributes, dict) else None
    if not (_has_leaf(request.get("recipient")) or _has_leaf(demographic)):
        raise EverybodyRefusedError("the body names neither recipients nor attributes")


def _refuse_repeated_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Which of two equal names LINE would take is not known; the one it takes might be null.
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name is repeated")
    return names


def _has_leaf(tree: object) -> bool:
    if not isinstance(tree, dict):
        return False
    if tree.get("type") != "operator":
        return isinstance(tree.get("type"), str)
    operands = [*_as_list(tree.get("and")), *_as_list(tree.get("or")), tree.get("not")]
    return any(_has_leaf(operand) for operand in operands)


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
