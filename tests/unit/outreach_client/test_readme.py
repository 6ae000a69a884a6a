"""The examples of the client's README fit the code that they show."""

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message

README = Path(__file__).parents[3] / "services" / "outreach_client" / "README.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)


def imported(tree: ast.Module) -> dict[str, Any]:
    """Return what an example imports, by its name there; fails where there is no such thing."""
    return {
        alias.name: getattr(import_module(node.module or ""), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(example: str) -> None:
    """An example is Python, what it imports exists, and the messages that it makes have the fields that it sets."""
    code = compile(example, "README.md", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names = imported(code)
    unknown = [
        f"{call.func.id}.{keyword.arg}"
        for call in ast.walk(code)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and _is_message(names.get(call.func.id))
        for keyword in call.keywords
        if keyword.arg not in names[call.func.id].DESCRIPTOR.fields_by_name
    ]

    assert unknown == []


def _is_message(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, Message)


def test_there_are_examples() -> None:
    """The README shows a call and the reading of events."""
    assert len(EXAMPLES) == 2
