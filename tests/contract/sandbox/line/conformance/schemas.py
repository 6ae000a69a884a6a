"""The OpenAPI of LINE as the official SDK holds it: what its generated models say of a body (LP 11.2).

The specification's own files are not part of any package that a lock can pin; the SDK's models are generated from
them and keep `required`, sizes, lengths, patterns and enums.
"""

import enum
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic.v1 import BaseModel
from pydantic.v1.fields import ModelField

# Longer texts than this are not made to break a limit; the limits of whole bodies have tests of their own.
_LONGEST_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class Broken:
    """A body that breaks one rule: what it breaks, and the JSON document."""

    rule: str
    body: dict[str, Any]


def find_faults(model: type[BaseModel], body: Any, *, deviations: frozenset[str] = frozenset()) -> list[str]:
    """Return what is wrong with an answer: what its model refuses, and properties that the model does not have.

    `deviations` are properties that LINE's reference has and its OpenAPI lacks (LP 11.2).
    """
    parsed = model.parse_obj(body)
    return sorted(set(_find_strangers(model, body, "")) - deviations) + ([] if parsed is not None else ["nothing"])


def break_rules(request: BaseModel) -> Iterator[Broken]:
    """Yield a body for each rule that the request's models state, which breaks that one and keeps the others."""
    document = _to_json(request)
    for path, value in _find_breaches(request):
        yield Broken(f"{'.'.join(map(str, path))}: {_show(value)}", _replace(document, path, value))


_ABSENT = object()
Path = tuple[str | int, ...]


def _find_strangers(model: type[BaseModel], body: Any, path: str) -> Iterator[str]:
    if not isinstance(body, dict):
        return
    fields = {field.alias: field for field in model.__fields__.values()}
    for name, value in body.items():
        field = fields.get(name)
        if field is None:
            yield f"{path}{name}"
        elif _is_model(field.type_):
            parts = value if isinstance(value, list) else [value]
            for part in parts:
                yield from _find_strangers(field.type_, part, f"{path}{name}.")


def _find_breaches(model: BaseModel) -> Iterator[tuple[Path, Any]]:
    for name, field in type(model).__fields__.items():
        value = getattr(model, name)
        if field.required and value is not None:
            yield (field.alias,), _ABSENT
        if value is None:
            continue
        for broken in _break_value(field, value):
            yield (field.alias,), broken
        parts = value if isinstance(value, list) else [value]
        for index, part in enumerate(parts):
            if isinstance(part, BaseModel):
                here: Path = (field.alias, index) if isinstance(value, list) else (field.alias,)
                yield from (((*here, *path), broken) for path, broken in _find_breaches(part))


def _break_value(field: ModelField, value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        most, least = getattr(field.outer_type_, "max_items", None), getattr(field.outer_type_, "min_items", None)
        plain = [_to_json(part) for part in value]
        if most is not None:
            yield [plain[0]] * (most + 1)
        if least:
            yield []
        yield {}
        yield from ([broken] for broken in _break_scalar(field, value[0]))
    else:
        yield from _break_scalar(field, value)


def _break_scalar(field: ModelField, value: Any) -> Iterator[Any]:
    if isinstance(value, enum.Enum) or f"{field.name}_validate_enum" in _validators(field):
        yield "no-such-value"
    elif isinstance(value, str):
        most, pattern = getattr(field.type_, "max_length", None), getattr(field.type_, "regex", None)
        if most is not None and most < _LONGEST_TEXT:
            yield "x" * (most + 1)
        if pattern is not None:
            yield "\u3042 "
        yield {}
    elif isinstance(value, bool):
        yield "yes"
    elif isinstance(value, int):
        least = getattr(field.type_, "ge", None)
        if least is not None:
            yield least - 1
        yield "many"


def _validators(field: ModelField) -> set[str]:
    return {getattr(validator, "__name__", "") for validator in (field.class_validators or {}).values()} | set(
        field.class_validators or {}
    )


def _is_model(candidate: Any) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseModel)


def _replace(document: Any, path: Path, value: Any) -> Any:
    """Return a copy of a document with one value replaced, or removed."""
    head, *rest = path
    copy = list(document) if isinstance(document, list) else dict(document)
    if rest:
        copy[head] = _replace(document[head], tuple(rest), value)  # type: ignore[index] # a key fits its container
    elif value is _ABSENT:
        del copy[head]  # type: ignore[arg-type] # only properties of objects are removed
    else:
        copy[head] = value  # type: ignore[index] # a key fits its container
    return copy


def _show(value: Any) -> str:
    return "absent" if value is _ABSENT else json.dumps(value)[:40]


def _to_json(value: Any) -> Any:
    """Return a model as the SDK sends it, anything else as it is."""
    return json.loads(value.to_json()) if isinstance(value, BaseModel) else value  # type: ignore[attr-defined] # generated
