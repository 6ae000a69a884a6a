"""The use cases of the delivery service over fakes."""

import pytest

from tests.unit.delivery.application.handling import Delivery, make_delivery


@pytest.fixture
def delivery() -> Delivery:
    """Give use cases for which nothing stands against a send to the audience 101."""
    return make_delivery()
