"""Every connection to PostgreSQL is made by the store, with timeouts and keepalives (architecture 9)."""

import ast

from tests.unit.architecture.sources import dotted, under

STORE = "services/kit/store/"
MAKERS = {"create_async_engine", "create_engine", "create_pool", "asyncpg.connect"}


def test_only_the_store_connects() -> None:
    """No service opens a connection past kit's, and kit opens none without `connect_args`."""
    bare = [
        source.at(call.lineno)
        for source in under("services/")
        for call in source.calls()
        if dotted(call.func) in MAKERS and not (source.path.startswith(STORE) and _is_equipped(call))
    ]

    assert bare == []


def _is_equipped(call: ast.Call) -> bool:
    return "connect_args" in {keyword.arg for keyword in call.keywords}


def test_the_store_connects() -> None:
    """The rule above looks for calls that exist."""
    made = [call for source in under(STORE) for call in source.calls() if dotted(call.func) in MAKERS]

    assert len(made) == 2
