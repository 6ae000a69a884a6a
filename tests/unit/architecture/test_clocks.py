"""Business time comes from the clock port alone (architecture 10)."""

import ast
import re

from tests.unit.architecture.sources import Source, dotted, read_sources, under

MACHINE_TIME = frozenset(
    {
        "services/kit/clock.py",  # the port
        "services/kit/ids.py",  # UUIDv7 holds a time that nothing relies on
        "services/kit/rpc/tokens.py",  # tokens live in machine time
        "services/sandbox/clock.py",  # the sandbox's own port
        "deploy/local/keys.py",  # tokens again
    }
)
"""The files that may ask the system what time it is."""

_CLOCKS = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns))$")
_SQL_CLOCKS = re.compile(r"(?i)(?<!\.)\b(now\(\)|current_timestamp|clock_timestamp|statement_timestamp|localtimestamp)")
_MACHINE_SPANS = re.compile(r"claim|lease|attempt_clock|limit_clock|open_clock")
_SQL_FUNCTIONS = frozenset({"func.now", "func.current_timestamp", "func.clock_timestamp", "sa.func.now"})


def _read_clocks(source: Source) -> list[str]:
    return [source.at(call.lineno) for call in source.calls() if _CLOCKS.search(dotted(call.func))]


def test_only_the_clock_ports_ask_the_system() -> None:
    """No service reads the system's date or time, or a demo that moves the clocks would live in two times."""
    found = [
        place
        for source in read_sources()
        if source.path.startswith(("services/", "deploy/")) and source.path not in MACHINE_TIME
        for place in _read_clocks(source)
    ]

    assert found == []


def test_the_list_of_clocks_is_short() -> None:
    """A file that no longer asks the system leaves the list."""
    asking = {source.path for source in under("services/", "deploy/") if _read_clocks(source)}

    assert asking == MACHINE_TIME


def test_no_business_time_in_sql() -> None:
    """The database's clock decides on claims, leases, limits, silence and the age of keys alone."""
    found = [
        source.at(line)
        for source in under("services/audience/", "services/delivery/", "services/reporting/")
        for line in _read_sql_clocks(source)
        if not _MACHINE_SPANS.search(source.text.splitlines()[line - 1])
    ]

    assert found == []


def _read_sql_clocks(source: Source) -> list[int]:
    """Return the lines where a statement asks the database for the time, as a function or in its text."""
    texts = [node for node in ast.walk(source.tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    asked = [
        node.lineno + str(node.value).count("\n", 0, match.start())
        for node in texts
        for match in _SQL_CLOCKS.finditer(str(node.value))
    ]
    return asked + [call.lineno for call in source.calls() if dotted(call.func) in _SQL_FUNCTIONS]
