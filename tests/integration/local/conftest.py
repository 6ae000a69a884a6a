"""What the tests of the local stack share."""

from collections.abc import Iterator

import pytest

from tests.infrastructure.scenario import Scenario, prepare_scenario


@pytest.fixture
def scenario() -> Iterator[Scenario]:
    """Give a script runner that leaves nothing behind."""
    with prepare_scenario() as scenario:
        yield scenario
