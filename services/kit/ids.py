"""Identifiers, as a port, so that tests may foresee them."""

import base64
import os
import time
import uuid
from typing import Protocol


class Ids(Protocol):
    """Makes identifiers."""

    def resource_id(self) -> str:
        """Return a new resource id: a UUIDv7 in lower-case base32 (RFC 4648, no padding), 26 characters.

        It begins with a letter, as ids of ours must (architecture 2); its text does not sort by time.
        """
        ...

    def uuid4(self) -> str:
        """Return a new random UUID in its usual text form."""
        ...


class RandomIds:
    """Identifiers from the system's clock and randomness."""

    def resource_id(self) -> str:
        """Return a new resource id.

        Its first character stands for the first five of 48 bits of milliseconds: `a` until the year 2248.
        """
        return base64.b32encode(_uuid7_bytes()).decode().rstrip("=").lower()

    def uuid4(self) -> str:
        """Return a new random UUID in its usual text form."""
        return str(uuid.uuid4())


def _uuid7_bytes() -> bytes:
    """Lay out a UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, then randomness around version and variant."""
    moment = (time.time_ns() // 1_000_000).to_bytes(6)
    noise = bytearray(os.urandom(10))
    noise[0] = 0x70 | noise[0] & 0x0F
    noise[2] = 0x80 | noise[2] & 0x3F
    return moment + bytes(noise)
