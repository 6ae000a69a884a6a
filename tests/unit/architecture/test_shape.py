"""Size, names and form of modules (ST 4, 6)."""

import ast
import re

from tests.unit.architecture.sources import SERVICES, dotted, read_sources, under

LONGEST_MODULE = 500
LONG_FUNCTION = 50
LARGEST_SHARE_OF_LONG_FUNCTIONS = 0.03

_VAGUE = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common)(_|$)")


def test_modules_are_split_by_500_lines() -> None:
    """A module is short enough to be read in one go (ST 6.4)."""
    assert [source.path for source in read_sources() if source.line_count > LONGEST_MODULE] == []


def test_long_functions_are_rare() -> None:
    """At most 3 % of the services' functions have more than 50 lines (ST 6.4)."""
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for source in under("services/")
        for node in source.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [length for length in lengths if length > LONG_FUNCTION]

    assert len(long) <= LARGEST_SHARE_OF_LONG_FUNCTIONS * len(lengths)


def test_package_files_are_empty() -> None:
    """Importing a package does nothing (ST 6.2); its README speaks for it."""
    assert [source.path for source in read_sources() if source.path.endswith("__init__.py") and source.text] == []


def test_names_say_what_is_inside() -> None:
    """No module is a drawer for what has no place (ST 6.3)."""
    names = [(source.path, part) for source in read_sources() for part in source.path.removesuffix(".py").split("/")]

    assert [path for path, part in names if _VAGUE.search(part)] == []


def test_domain_values_are_frozen_and_slotted() -> None:
    """Entities and commands are frozen slotted dataclasses (ST 6.1)."""
    loose = []
    for source in under(
        *(f"services/{service}/{layer}/" for service in SERVICES for layer in ("domain", "application"))
    ):
        for node in source.nodes(ast.ClassDef):
            if isinstance(node, ast.ClassDef):
                loose += [source.at(node.lineno) for mark in node.decorator_list if _is_loose(mark)]

    assert loose == []


def _is_loose(decorator: ast.expr) -> bool:
    if isinstance(decorator, ast.Call):
        given = {word.arg for word in decorator.keywords if isinstance(word.value, ast.Constant) and word.value.value}
        return dotted(decorator.func).endswith("dataclass") and not {"frozen", "slots"} <= given
    return dotted(decorator).endswith("dataclass")


def test_no_orm() -> None:
    """Rows are mapped by hand (ST 6.1)."""
    found = [
        source.at(line)
        for source in under("services/")
        for name, _, line in source.imported()
        if name.startswith("sqlalchemy.orm")
    ]

    assert found == []


def test_to_dos_name_an_issue() -> None:
    """A promise in a comment can be looked up (ST 6.5)."""
    marker = re.compile(r"#.*\b(?:TODO|FIXME|XXX)\b(?!.*#\d)")  # the character before the number is an issue's
    found = [
        source.at(number)
        for source in read_sources()
        for number, line in enumerate(source.text.splitlines(), 1)
        if marker.search(line) and "re.compile" not in line
    ]

    assert found == []
