"""Targeting between proto and domain."""

from collections.abc import Sequence
from typing import Any

from delivery.domain.targeting.trees import (
    OS,
    AgeFilter,
    AllBut,
    AllOf,
    AnyOf,
    AreaFilter,
    Audience,
    FriendshipFilter,
    Gender,
    GenderFilter,
    LineAudience,
    ListMode,
    MalformedTargeting,
    OSFilter,
    Targeting,
    join_path,
)
from outreach.delivery.v1 import targeting_pb2 as pb

_MODES = {
    pb.LineAudience.LIST_MODE_UNSPECIFIED: ListMode.LIST_NOT_APPLIED,
    pb.LineAudience.LIST_NOT_APPLIED: ListMode.LIST_NOT_APPLIED,
    pb.LineAudience.LIST_APPLIED: ListMode.LIST_APPLIED,
}
_GENDERS = {pb.GenderFilter.MALE: Gender.MALE, pb.GenderFilter.FEMALE: Gender.FEMALE}
_SYSTEMS = {pb.OsFilter.IOS: OS.IOS, pb.OsFilter.ANDROID: OS.ANDROID}


def read_targeting(message: pb.Targeting) -> Targeting:
    """Read a targeting; raises `MalformedTargeting` with a path relative to it."""
    chosen = _read_line_audience(message.line_audience) if message.HasField("line_audience") else None
    return Targeting(tuple(message.contact_lists), tuple(message.excluded_contact_lists), chosen)


def write_targeting(targeting: Targeting) -> pb.Targeting:
    """Write a targeting."""
    chosen = targeting.line_audience
    return pb.Targeting(
        contact_lists=targeting.contact_lists,
        excluded_contact_lists=targeting.excluded_contact_lists,
        line_audience=None if chosen is None else _write_line_audience(chosen),
    )


def _read_line_audience(message: pb.LineAudience) -> LineAudience:
    try:
        return LineAudience(
            audience=_read_node(message.audience, "audience") if message.HasField("audience") else None,
            attributes=_read_node(message.attributes, "attributes") if message.HasField("attributes") else None,
            list_mode=_read_choice(_MODES, message.list_mode, "list_mode"),
        )
    except MalformedTargeting as error:
        raise error.within("line_audience") from None


def _read_node(message: Any, path: str) -> Any:
    """Read a node of either tree, found at `path`; both have operators of the same names."""
    kind = message.WhichOneof("node")
    match kind:
        case None:
            raise MalformedTargeting(path, "must set exactly one kind of node")
        case "all_of":
            return AllOf(_read_nodes(message.all_of.nodes, f"{path}.all_of.nodes"))
        case "any_of":
            return AnyOf(_read_nodes(message.any_of.nodes, f"{path}.any_of.nodes"))
        case "all_but":
            return AllBut(_read_node(message.all_but, f"{path}.all_but"))
    try:
        return _read_leaf(kind, getattr(message, kind))
    except MalformedTargeting as error:
        raise error.within(path) from None


def _read_nodes(messages: Sequence[Any], path: str) -> tuple[Any, ...]:
    if not messages:
        raise MalformedTargeting(path, "must not be empty")
    return tuple(_read_node(message, f"{path}[{index}]") for index, message in enumerate(messages))


def _read_leaf(kind: str, leaf: Any) -> Any:
    match kind:
        case "audience":
            return Audience(leaf)
        case "gender":
            return GenderFilter(_read_choices(_GENDERS, leaf.one_of, "gender.one_of"))
        case "os":
            return OSFilter(_read_choices(_SYSTEMS, leaf.one_of, "os.one_of"))
        case "area":
            return AreaFilter(tuple(leaf.one_of))
        case "age":
            return AgeFilter(_read_end(leaf, "from_age"), _read_end(leaf, "below_age"))
    return FriendshipFilter(_read_end(leaf, "from_days"), _read_end(leaf, "below_days"))


def _read_choices(known: dict[Any, Any], numbers: Sequence[int], path: str) -> tuple[Any, ...]:
    return tuple(_read_choice(known, number, f"{path}[{index}]") for index, number in enumerate(numbers))


def _read_choice(known: dict[Any, Any], number: int, path: str) -> Any:
    if number not in known:
        raise MalformedTargeting(path, "must be a known value, not the unspecified one")
    return known[number]


def _read_end(leaf: Any, field: str) -> int | None:
    return getattr(leaf, field) if leaf.HasField(field) else None


def _write_line_audience(chosen: LineAudience) -> pb.LineAudience:
    return pb.LineAudience(
        audience=None if chosen.audience is None else _write_node(chosen.audience, pb.AudienceNode),
        attributes=None if chosen.attributes is None else _write_node(chosen.attributes, pb.AttributeNode),
        list_mode=pb.LineAudience.ListMode.Value(chosen.list_mode.name),
    )


def _write_node(node: Any, kind: Any) -> Any:
    match node:
        case AllOf(nodes):
            return kind(all_of=kind.Operands(nodes=[_write_node(child, kind) for child in nodes]))
        case AnyOf(nodes):
            return kind(any_of=kind.Operands(nodes=[_write_node(child, kind) for child in nodes]))
        case AllBut(child):
            return kind(all_but=_write_node(child, kind))
        case Audience(name):
            return kind(audience=name)
    return _write_filter(node)


def _write_filter(leaf: Any) -> pb.AttributeNode:
    match leaf:
        case GenderFilter(genders):
            numbers = [pb.GenderFilter.Gender.Value(gender.name) for gender in genders]
            return pb.AttributeNode(gender=pb.GenderFilter(one_of=numbers))
        case OSFilter(systems):
            return pb.AttributeNode(os=pb.OsFilter(one_of=[pb.OsFilter.Os.Value(system.name) for system in systems]))
        case AreaFilter(codes):
            return pb.AttributeNode(area=pb.AreaFilter(one_of=codes))
        case AgeFilter(low, high):
            return pb.AttributeNode(age=pb.AgeFilter(from_age=low, below_age=high))
        case FriendshipFilter(low, high):
            return pb.AttributeNode(friendship=pb.FriendshipFilter(from_days=low, below_days=high))
    raise TypeError(type(leaf).__name__)


def locate(error: MalformedTargeting, outer: str) -> str:
    """Return the path of what is malformed, as seen from the request."""
    return join_path(outer, error.field)
