"""And, or, not over the leaves that LINE targets by (LP 4.3, 4.4); recipients and attributes share these operators."""

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar


class Leaf(Protocol):
    """A condition that stands for itself."""

    def to_json(self) -> dict[str, Any]:
        """Give LINE's object for the condition."""


LeafT_co = TypeVar("LeafT_co", bound=Leaf, covariant=True)


@dataclass(frozen=True, slots=True)
class And(Generic[LeafT_co]):
    """Those who match every operand. LINE refuses an empty array (LP 4.3), and so does this."""

    operands: "tuple[Tree[LeafT_co], ...]"

    def __post_init__(self) -> None:
        _require_operands(self.operands)

    def to_json(self) -> dict[str, Any]:
        """Give LINE's operator object."""
        return {"type": "operator", "and": [operand.to_json() for operand in self.operands]}


@dataclass(frozen=True, slots=True)
class Or(Generic[LeafT_co]):
    """Those who match at least one operand; never empty, like `And`."""

    operands: "tuple[Tree[LeafT_co], ...]"

    def __post_init__(self) -> None:
        _require_operands(self.operands)

    def to_json(self) -> dict[str, Any]:
        """Give LINE's operator object."""
        return {"type": "operator", "or": [operand.to_json() for operand in self.operands]}


@dataclass(frozen=True, slots=True)
class Not(Generic[LeafT_co]):
    """All but those who match the operand."""

    operand: "Tree[LeafT_co]"

    def to_json(self) -> dict[str, Any]:
        """Give LINE's operator object; `not` takes one object, no array."""
        return {"type": "operator", "not": self.operand.to_json()}


Tree: TypeAlias = LeafT_co | And[LeafT_co] | Or[LeafT_co] | Not[LeafT_co]


def _require_operands(operands: tuple[object, ...]) -> None:
    if not operands:
        raise ValueError("an operator needs at least one operand")
