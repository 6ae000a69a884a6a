"""Opaque paging cursors, which a client can neither read nor guess by counting (HS 5.4)."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import timedelta

from sandbox.hubspot.errors import refuse_value
from sandbox.hubspot.times import from_milliseconds, to_milliseconds
from sandbox.hubspot.wire import Call

_LONGEST = 400
_PARTS = 4


def seal_cursor(order: str, call: Call, place: Sequence[int], filters: str = "") -> str:
    """Return the cursor that continues behind a place of an order, under the same filters."""
    numbers = ",".join(map(str, place))
    text = ":".join((order, numbers, str(to_milliseconds(call.now)), _digest(filters)))
    return base64.urlsafe_b64encode(text.encode()).decode()


def open_cursor(cursor: str, order: str, call: Call, filters: str = "") -> tuple[int, ...]:
    """Return the place behind a cursor.

    Raises:
        RequestRefusedError: 400 `INVALID_CURSOR` for one that is made up, of another order or other filters, or
            older than the switch allows.

    """
    parts = _decode(cursor)
    if len(parts) != _PARTS or parts[0] != order or parts[3] != _digest(filters):
        raise _refuse()
    try:
        place = tuple(int(number) for number in parts[1].split(","))
        issued = from_milliseconds(int(parts[2]))
    except (ValueError, OverflowError, OSError):
        raise _refuse() from None
    life = call.settings.cursor_life_seconds
    if life is not None and call.now >= issued + timedelta(seconds=life):
        raise _refuse()
    return place


def _decode(cursor: str) -> list[str]:
    if len(cursor) > _LONGEST:
        return []
    try:
        return base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii").split(":")
    except (binascii.Error, ValueError):
        return []


def _digest(filters: str) -> str:
    return hashlib.sha256(filters.encode(errors="replace")).hexdigest()[:8]


def _refuse() -> Exception:
    return refuse_value("The paging cursor is not valid.", subCategory="INVALID_CURSOR")
