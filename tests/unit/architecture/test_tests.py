"""Tests read like the code (ST 7)."""

import ast
import re

from tests.unit.architecture.sources import Source, dotted, find_tests, under

OURS = ("audience", "delivery", "reporting", "lineapi", "kit", "outreach", "outreach_client", "sandbox", "deploy")

_SENTENCE = re.compile(r"^[A-Z0-9`\"“'].*[.?]$", re.DOTALL)
LARGEST_PARAGRAPH = 2
"""Statements that need no blank line among them."""

_MAY_SLEEP = (
    "tests/infrastructure/eventually.py",  # the wait on a condition
    "tests/contract/sandbox/hubspot/serving.py",  # a fault that delays an answer
    "tests/integration/kit_rpc/service_process.py",  # a service whose work takes a while
)


def test_every_test_says_what_must_hold() -> None:
    """The docstring of a test is a sentence (ST 7.4)."""
    silent = [
        source.at(node.lineno)
        for source, node in find_tests()
        if not _SENTENCE.match((ast.get_docstring(node) or "").strip())
    ]

    assert silent == []


def test_asserts_stand_apart() -> None:
    """A blank line stands before the asserts, or before the act that they speak of (ST 7.4)."""
    crowded = [source.at(node.lineno) for source, node in find_tests() if _is_crowded(source, node)]

    assert crowded == []


def _is_crowded(source: Source, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a test that arranges, acts and asserts is one block of lines."""
    body = node.body[1:]
    asserts = sum(isinstance(statement, ast.Assert) for statement in body)
    if asserts in (0, len(body)) or len(body) <= LARGEST_PARAGRAPH:
        return False
    lines = source.text.splitlines()
    return all(line.strip() for line in lines[body[0].lineno - 1 : body[-1].end_lineno])


def test_no_mocks() -> None:
    """What a test needs in place of the real thing is a written fake (ST 7.1)."""
    found = [
        source.at(line)
        for source in under("tests/")
        for name, _, line in source.imported()
        if name.startswith(("unittest.mock", "mock.", "pytest_mock"))
    ]

    assert found == []


def test_nothing_of_ours_is_patched() -> None:
    """`monkeypatch` changes the environment and what belongs to others, never our modules and classes (ST 7.1)."""
    found = []
    for source in under("tests/"):
        ours = {here.split(".")[0] for name, here, _ in source.imported() if name.split(".")[0] in OURS}
        found += [
            source.at(call.lineno)
            for call in source.calls()
            if dotted(call.func).endswith("monkeypatch.setattr") and call.args and _is_ours(call.args[0], ours)
        ]

    assert found == []


def _is_ours(target: ast.expr, names: set[str]) -> bool:
    if isinstance(target, ast.Constant):
        return str(target.value).split(".")[0] in OURS
    return dotted(target).split(".")[0] in names


def test_no_sleeps() -> None:
    """A test waits on a condition with a deadline, never for a while (ST 7.5); `sleep(0)` only yields."""
    found = [
        source.at(call.lineno)
        for source in under("tests/")
        if source.path not in _MAY_SLEEP
        for call in source.calls()
        if dotted(call.func) in {"time.sleep", "asyncio.sleep"} and not _yields(call)
    ]

    assert found == []


def _yields(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
