"""Identifiers."""

import base64
import re
import time
import uuid

from kit.ids import RandomIds
from kit.names import CALLER_ID


def test_resource_ids() -> None:
    """A generated id is what a caller might have chosen, and a UUIDv7 of now underneath (architecture 2)."""
    made = RandomIds().resource_id()
    identifier = uuid.UUID(bytes=base64.b32decode(made.upper() + "======"))

    assert re.fullmatch(CALLER_ID, made)
    assert len(made) == 26
    assert (identifier.version, identifier.variant) == (7, uuid.RFC_4122)
    assert abs((identifier.int >> 80) / 1000 - time.time()) < 5


def test_uniqueness() -> None:
    """No two ids are the same."""
    ids = RandomIds()

    assert len({ids.resource_id() for _ in range(1000)}) == 1000
    assert len({ids.uuid4() for _ in range(1000)}) == 1000


def test_uuid4() -> None:
    """A request id is a UUID of version 4 in its usual text form."""
    made = RandomIds().uuid4()

    assert str(uuid.UUID(made)) == made
    assert uuid.UUID(made).version == 4
