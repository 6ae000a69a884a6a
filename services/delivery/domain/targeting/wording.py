"""A targeting in words, for the plan that `CheckCampaign` shows (R14): its trees, and what nobody knows before."""

from collections.abc import Callable
from typing import Any

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
    OSFilter,
)

_UNKNOWNS = (
    "How many receive it: LINE leaves out those who block the account or have not agreed, and tells no number before.",
    "Whether at least 50 people match: LINE decides when it starts to deliver.",
)
_UNKNOWN_ATTRIBUTES = "Whom the attributes fit: LINE deems them from behaviour, for most friends but not for all."


def word_audiences(node: AudienceNode) -> str:
    """Return an audience tree in words, as `audiences/101 and not audiences/102`."""
    return _word_tree(node, _word_audience)


def word_attributes(node: AttributeNode) -> str:
    """Return an attribute tree in words, as `gender is female and age is 20 or more`."""
    return _word_tree(node, _word_filter)


def list_unknowns(chosen: LineAudience) -> tuple[str, ...]:
    """Return what can't be known before such a send, one sentence each."""
    return (*_UNKNOWNS, _UNKNOWN_ATTRIBUTES) if chosen.attributes else _UNKNOWNS


def _word_tree(node: Any, word_leaf: Callable[[Any], str]) -> str:
    match node:
        case AllOf((operand,)) | AnyOf((operand,)):
            return _word_tree(operand, word_leaf)
        case AllOf(nodes):
            return " and ".join(_word_operand(operand, word_leaf) for operand in nodes)
        case AnyOf(nodes):
            return " or ".join(_word_operand(operand, word_leaf) for operand in nodes)
        case AllBut(operand):
            return f"not {_word_operand(operand, word_leaf)}"
    return word_leaf(node)


def _word_operand(node: Any, word_leaf: Callable[[Any], str]) -> str:
    """Return an operand's words, in brackets where they would otherwise join with those around them."""
    match node:
        case AllOf((operand,)) | AnyOf((operand,)):
            return _word_operand(operand, word_leaf)
        case AllOf() | AnyOf():
            return f"({_word_tree(node, word_leaf)})"
    return _word_tree(node, word_leaf)


def _word_audience(leaf: Audience) -> str:
    return f"audiences/{leaf.group_id}"


def _word_filter(leaf: AttributeFilter) -> str:
    match leaf:
        case GenderFilter(one_of):
            return f"gender is {_word_choice([gender.value.lower() for gender in one_of])}"
        case AgeFilter(low, high):
            return f"age is {_word_range(low, high, '')}"
        case OSFilter(one_of):
            return f"OS is {_word_choice([system.value.lower() for system in one_of])}"
        case AreaFilter(one_of):
            return f"area is {_word_choice(list(one_of))}"
        case FriendshipFilter(low, high):
            return f"friend for {_word_range(low, high, ' days')}"


def _word_choice(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"one of {', '.join(values)}"


def _word_range(low: int | None, high: int | None, unit: str) -> str:
    if high is None:
        return f"{low}{unit} or more"
    return f"under {high}{unit}" if low is None else f"{low} to under {high}{unit}"
