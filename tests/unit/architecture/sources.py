"""The Python files of this repository, parsed once per test run, and questions that several rules ask of them."""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SERVICES = ("audience", "delivery", "reporting")

_TREES = ("services", "deploy", "tests")
_GENERATED = "services/outreach"


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its path from the root of the repository, with `/`, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def line_count(self) -> int:
        """How long it is."""
        return self.text.count("\n")

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Yield the nodes of these kinds, wherever they are."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))

    def calls(self) -> Iterator[ast.Call]:
        """Yield all calls."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def imported(self) -> Iterator[tuple[str, str, int]]:
        """Yield what it imports: full name, the name that it has here, line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((name.name, name.asname or name.name, node.lineno) for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from ((f"{node.module}.{n.name}", n.asname or n.name, node.lineno) for n in node.names)

    def at(self, line: int) -> str:
        """Name a line of it in a message."""
        return f"{self.path}:{line}"


@functools.cache
def read_sources() -> tuple[Source, ...]:
    """Return every hand-written file, in the order of their paths."""
    paths = sorted(path for tree in _TREES for path in (ROOT / tree).rglob("*.py"))
    return tuple(_read(path) for path in paths if not path.is_relative_to(ROOT / _GENERATED))


def under(*prefixes: str) -> list[Source]:
    """Return the files whose paths begin with one of `prefixes`."""
    return [source for source in read_sources() if source.path.startswith(prefixes)]


def find_tests() -> Iterator[tuple[Source, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield every test function with its file; tests are functions, never methods."""
    for source in under("tests/"):
        if source.path.rpartition("/")[2].startswith("test_"):
            for node in source.tree.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                    yield source, node


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for an expression of that form, and nothing for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""


def _read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text))
