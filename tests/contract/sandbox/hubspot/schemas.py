"""The SPEC of HubSpot as its official client holds it: which properties its models declare, and which are required."""

import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

_REQUIRED = re.compile(r"Invalid value for `(\w+)`, must not be `None`")
_NESTED = re.compile(r"(?:list\[|dict\[str, )(.+)\]")
_PLAIN = {"str": str, "int": int, "bool": bool, "datetime": str, "date": str, "float": int | float, "object": object}


def find_faults(model: type, body: Any, models: ModuleType, path: str = "") -> Iterator[str]:
    """Yield what is wrong with an answer: properties that are required and absent, unknown, or of another type.

    The client itself does not notice (HS 12); `models` is the module that the model's parts are in.
    """
    if not isinstance(body, dict):
        yield f"{path or 'body'}: no object"
        return
    types: dict[str, str] = model.openapi_types  # type: ignore[attr-defined] # generated
    names: dict[str, str] = model.attribute_map  # type: ignore[attr-defined] # generated
    required = set(_REQUIRED.findall(inspect.getsource(model)))
    for attribute, name in names.items():
        value = body.get(name)
        if value is None:
            if attribute in required:
                yield f"{path}{name}: absent"
            continue
        yield from _check(types[attribute], value, models, f"{path}{name}")
    yield from (f"{path}{name}: unknown" for name in body if name not in names.values())


def _check(kind: str, value: Any, models: ModuleType, path: str) -> Iterator[str]:
    nested = _NESTED.fullmatch(kind)
    if nested is not None:
        wanted = list if kind.startswith("list") else dict
        if not isinstance(value, wanted):
            yield f"{path}: no {wanted.__name__}"
            return
        parts = value if isinstance(value, list) else value.values()
        for part in parts:
            if part is not None:
                yield from _check(nested.group(1), part, models, f"{path}[]")
    elif kind in _PLAIN:
        if not isinstance(value, _PLAIN[kind]):
            yield f"{path}: no {kind}"
    else:
        yield from find_faults(getattr(models, kind), value, models, f"{path}.")
