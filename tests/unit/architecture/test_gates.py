"""An irreversible act takes a value that only its check can make (ST 5)."""

import pytest

from tests.unit.architecture.sources import Source, dotted, under

GATES = {
    "Cleared": "services/delivery/domain/policy/clearance.py",
    "Publishable": "services/reporting/domain/thresholds.py",
}
"""What may be made in one module only: leave to call LINE, and figures that people may see."""


def _makes(source: Source, name: str) -> list[str]:
    """Find constructions, copies with other contents, and subclasses."""
    found = []
    for call in source.calls():
        function = dotted(call.func).rpartition(".")[2]
        if function == name or (function in {"cast", "__new__"} and name in map(dotted, call.args)):
            found.append(source.at(call.lineno))
    return found


@pytest.mark.parametrize(("name", "home"), GATES.items())
def test_only_the_check_makes_it(name: str, home: str) -> None:
    """No other module of the services makes one, not even by a cast."""
    found = [place for source in under("services/") if source.path != home for place in _makes(source, name)]

    assert found == []


@pytest.mark.parametrize(("name", "home"), GATES.items())
def test_the_check_makes_it(name: str, home: str) -> None:
    """The rule above looks for a class that exists."""
    (source,) = under(home)

    assert _makes(source, name)
