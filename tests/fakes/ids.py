"""Identifiers that a test can foresee."""

import itertools
import uuid

# Variant and version of a UUID4, so that what validates them takes these too.
_FIRST_UUID4 = 0x00000000_0000_4000_8000_000000000000


class FakeIds:
    """`kit.ids.Ids` that counts: `id-00001`, `id-00002`, …; UUIDs end in the same numbers."""

    def __init__(self) -> None:
        self._resources = itertools.count(1)
        self._uuids = itertools.count(1)

    def resource_id(self) -> str:
        """Return the next resource id."""
        return f"id-{next(self._resources):05}"

    def uuid4(self) -> str:
        """Return the next UUID, of version 4."""
        return str(uuid.UUID(int=_FIRST_UUID4 + next(self._uuids)))
