"""One name per meaning (ST 6.3)."""

import ast

from tests.unit.architecture.sources import under


def list_classes(*prefixes: str) -> set[str]:
    """Return the names of the classes under these paths."""
    return {
        node.name
        for source in under(*prefixes)
        for node in source.nodes(ast.ClassDef)
        if isinstance(node, ast.ClassDef)
    }


def test_delivery_and_line_share_no_names() -> None:
    """What LINE calls something and what delivery makes of it are told apart by their names."""
    assert list_classes("services/lineapi/") & list_classes("services/delivery/") == set()
