"""What is stored of a targeting is read back as it was."""

import json

from hypothesis import given

from delivery.adapters.targeting_json import read_targeting, write_targeting
from delivery.domain.targeting.trees import Targeting
from tests.strategies.targeting import targetings


@given(targetings)
def test_a_targeting_survives_storage(targeting: Targeting) -> None:
    """Every tree passes through JSON unchanged."""
    stored = json.dumps(write_targeting(targeting))

    assert read_targeting(json.loads(stored)) == targeting
