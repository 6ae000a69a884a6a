"""What a targeting names, each with the path of the field that names it."""

from collections.abc import Iterator
from typing import Any

from delivery.domain.targeting.trees import (
    AllBut,
    AllOf,
    AnyOf,
    AttributeFilter,
    Audience,
    MalformedTargeting,
    Targeting,
)

AUDIENCE_PATH = "targeting.line_audience.audience"
ATTRIBUTES_PATH = "targeting.line_audience.attributes"
LIMIT_PATH = "recipient_limit"


def contact_list_leaves(targeting: Targeting) -> Iterator[tuple[str, str]]:
    """Yield the name of each delivery list, then of each exclusion list, with its path."""
    for field, names in (
        ("contact_lists", targeting.contact_lists),
        ("excluded_contact_lists", targeting.excluded_contact_lists),
    ):
        yield from ((f"targeting.{field}[{index}]", name) for index, name in enumerate(names))


def audience_leaves(targeting: Targeting) -> Iterator[tuple[str, Audience]]:
    """Yield each audience with its path, in the order they are written; those under `not` too."""
    tree = targeting.line_audience.audience if targeting.line_audience else None
    return walk_leaves(tree, AUDIENCE_PATH) if tree else iter(())


def attribute_leaves(targeting: Targeting) -> Iterator[tuple[str, AttributeFilter]]:
    """Yield each attribute filter with its path, in the order they are written."""
    tree = targeting.line_audience.attributes if targeting.line_audience else None
    return walk_leaves(tree, ATTRIBUTES_PATH) if tree else iter(())


def walk_leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the leaves under `node`, which is found at `path`, each with its own path."""
    children = _list_children(node)
    if not children:
        yield f"{path}.{node.FIELD}", node
    for step, child in children:
        yield from walk_leaves(child, f"{path}.{step}")


def name_audiences(targeting: Targeting) -> tuple[str, ...]:
    """Return the names of the audiences used, each once, in the order they are written."""
    return tuple(dict.fromkeys(leaf.name for _, leaf in audience_leaves(targeting)))


def name_contact_lists(targeting: Targeting) -> tuple[str, ...]:
    """Return the names of the delivery and exclusion lists, each once."""
    return tuple(dict.fromkeys(name for _, name in contact_list_leaves(targeting)))


def name_conditions(targeting: Targeting, *, recipient_limit: int | None) -> tuple[str, ...]:
    """Return the paths of everything that narrows the recipients: what may be relaxed when too few match (R7).

    All of it, always: which condition was too narrow would tell about the people in it (Q4).
    """
    chosen = targeting.line_audience
    trees = () if chosen is None else ((AUDIENCE_PATH, chosen.audience), (ATTRIBUTES_PATH, chosen.attributes))
    conditions = (*trees, (LIMIT_PATH, recipient_limit))
    return tuple(path for path, condition in conditions if condition is not None)


def require_channel(targeting: Targeting, channel: str) -> None:
    """Check that everything named belongs to `channel`, `channels/{channel}`; raises `MalformedTargeting` otherwise."""
    audiences = ((path, leaf.name) for path, leaf in audience_leaves(targeting))
    for path, name in (*contact_list_leaves(targeting), *audiences):
        if not name.startswith(f"{channel}/"):
            raise MalformedTargeting(path, f"must belong to {channel}")


def _list_children(node: Any) -> tuple[tuple[str, Any], ...]:
    """Return an operator's operands, each with the path that leads to it; none for a leaf."""
    match node:
        case AllOf(nodes):
            return tuple((f"all_of.nodes[{index}]", child) for index, child in enumerate(nodes))
        case AnyOf(nodes):
            return tuple((f"any_of.nodes[{index}]", child) for index, child in enumerate(nodes))
        case AllBut(child):
            return (("all_but", child),)
    return ()
