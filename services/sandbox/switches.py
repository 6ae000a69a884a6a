"""Whether a JSON value fits a switch of a vendor's settings, by the type that the switch is declared with."""

import enum
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

# A date and a duration beyond this can't be added.
LARGEST_NUMBER = 10**10


def fits(hint: Any, value: Any) -> bool:
    """Whether a value has the type of a switch: a choice, text, truth, number of 0 or more, or null where allowed."""
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    kinds = get_args(hint) or (hint,)
    if value is None or isinstance(value, bool):
        return type(value) in kinds
    if isinstance(value, str):
        return str in kinds or any(value in _choices(kind) for kind in kinds)
    if isinstance(value, float):
        return float in kinds and 0 <= value <= LARGEST_NUMBER
    return isinstance(value, int) and (int in kinds or float in kinds) and 0 <= value <= LARGEST_NUMBER


def _choices(kind: Any) -> list[Any]:
    members: Iterable[enum.Enum] = kind if isinstance(kind, enum.EnumType) else ()
    return [member.value for member in members]
