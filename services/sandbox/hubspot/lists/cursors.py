"""Opaque paging cursors: a record id that a client can neither read nor guess by counting."""

import base64
import binascii

from sandbox.hubspot.errors import refuse_value

_MARK = b"r:"
_LONGEST = 19  # digits that fit 64 bits


def seal_cursor(record_id: int) -> str:
    """Return the cursor that continues behind this record."""
    return base64.urlsafe_b64encode(_MARK + str(record_id).encode()).decode()


def open_cursor(cursor: str) -> int:
    """Return the record id behind a cursor; a made-up one is a bad value."""
    try:
        content = base64.b64decode(cursor, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        content = b""
    digits = content.removeprefix(_MARK)
    if content == digits or not digits.isdigit() or len(digits) > _LONGEST:
        raise refuse_value("The paging cursor is not valid.")
    return int(digits)
