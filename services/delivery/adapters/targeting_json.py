"""Targeting as JSON documents: a node is an object with one member, its kind."""

from collections.abc import Callable, Mapping
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
    OSFilter,
    Targeting,
)


def write_targeting(targeting: Targeting) -> dict[str, Any]:
    """Write a targeting."""
    chosen = targeting.line_audience
    document: dict[str, Any] = {
        "contact_lists": list(targeting.contact_lists),
        "excluded_contact_lists": list(targeting.excluded_contact_lists),
    }
    if chosen is not None:
        document["line_audience"] = {
            "audience": None if chosen.audience is None else _write_node(chosen.audience),
            "attributes": None if chosen.attributes is None else _write_node(chosen.attributes),
            "list_mode": chosen.list_mode.name,
        }
    return document


def read_targeting(document: Mapping[str, Any]) -> Targeting:
    """Read a targeting back."""
    chosen = document.get("line_audience")
    return Targeting(
        contact_lists=tuple(document["contact_lists"]),
        excluded_contact_lists=tuple(document["excluded_contact_lists"]),
        line_audience=None if chosen is None else _read_line_audience(chosen),
    )


def _read_line_audience(document: Mapping[str, Any]) -> LineAudience:
    audience, attributes = document["audience"], document["attributes"]
    return LineAudience(
        audience=None if audience is None else _read_node(audience),
        attributes=None if attributes is None else _read_node(attributes),
        list_mode=ListMode[document["list_mode"]],
    )


def _write_node(node: Any) -> dict[str, Any]:  # noqa: PLR0911 - one per kind of node
    match node:
        case AllOf(nodes):
            return {"all_of": [_write_node(child) for child in nodes]}
        case AnyOf(nodes):
            return {"any_of": [_write_node(child) for child in nodes]}
        case AllBut(child):
            return {"all_but": _write_node(child)}
        case Audience(name):
            return {"audience": name}
        case GenderFilter(genders):
            return {"gender": [gender.name for gender in genders]}
        case OSFilter(systems):
            return {"os": [system.name for system in systems]}
        case AreaFilter(codes):
            return {"area": list(codes)}
        case AgeFilter(low, high):
            return {"age": [low, high]}
        case FriendshipFilter(low, high):
            return {"friendship": [low, high]}
    raise TypeError(type(node).__name__)


def _read_node(document: Mapping[str, Any]) -> Any:
    ((kind, value),) = document.items()
    return _READERS[kind](value)


def _read_nodes(documents: list[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(_read_node(document) for document in documents)


_READERS: dict[str, Callable[[Any], Any]] = {
    "all_of": lambda nodes: AllOf(_read_nodes(nodes)),
    "any_of": lambda nodes: AnyOf(_read_nodes(nodes)),
    "all_but": lambda node: AllBut(_read_node(node)),
    "audience": Audience,
    "gender": lambda names: GenderFilter(tuple(Gender[name] for name in names)),
    "os": lambda names: OSFilter(tuple(OS[name] for name in names)),
    "area": lambda codes: AreaFilter(tuple(codes)),
    "age": lambda ends: AgeFilter(*ends),
    "friendship": lambda ends: FriendshipFilter(*ends),
}
