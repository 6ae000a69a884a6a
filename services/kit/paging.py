"""Pages of a list: sizes and opaque tokens (AIP-158)."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import overload

from kit.errors import FieldViolation, InvalidRequest
from kit.names import ResourceName

Cursor = str | int
"""Where a page ended: the sort key of its last entry."""

LONGEST_TOKEN = 4096

_DIGEST_CHARACTERS = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INT64 = range(-(2**63), 2**63)


def read_page_size(requested: int, *, default: int = 50, maximum: int = 1000) -> int:
    """Return how many entries to give: the default for 0, at most the maximum.

    Raises:
        InvalidRequest: the size is negative.

    """
    if requested < 0:
        raise InvalidRequest([FieldViolation("page_size", "must not be negative", "OUT_OF_RANGE")])
    return min(requested or default, maximum)


def write_page_token(cursor: Cursor | None, arguments: Mapping[str, object]) -> str:
    """Write the token of the page after `cursor`, bound to the other arguments; empty when there is none.

    The token grants nothing: every call is authorised by itself, so the digest needs no secret.
    """
    if cursor is None:
        return ""
    document = json.dumps([cursor, _digest(cursor, arguments)], separators=(",", ":"))
    return base64.urlsafe_b64encode(document.encode()).decode().rstrip("=")


@overload
def read_page_token(token: str, arguments: Mapping[str, object], *, kind: type[str] = str) -> str | None: ...
@overload
def read_page_token(token: str, arguments: Mapping[str, object], *, kind: type[int]) -> int | None: ...
def read_page_token(token: str, arguments: Mapping[str, object], *, kind: type[str] | type[int] = str) -> Cursor | None:
    """Return where the page before ended, a `kind` that any query takes; None for the first page.

    Raises:
        InvalidRequest: the token is not one of ours, or the other arguments are not those it was given for.

    """
    if not token:
        return None
    cursor, digest = _decode(token) if len(token) <= LONGEST_TOKEN else (None, None)
    if type(cursor) is not kind or not _is_storable(cursor) or digest != _digest(cursor, arguments):
        raise _malformed_token()
    return cursor


def write_moment(time: datetime, name: str) -> str:
    """Write the sort key of a list that is ordered by time, then by name: microseconds, and the name."""
    return f"{(time - _EPOCH) // _MICROSECOND} {name}"


def read_moment(cursor: str, pattern: ResourceName) -> tuple[datetime, str]:
    """Read it back; a token proves nothing of who wrote it, so neither part is believed.

    Raises:
        InvalidRequest: the text is no such key, or its name is not of `pattern`.

    """
    moment, _, name = cursor.partition(" ")
    try:
        time = _EPOCH + int(moment) * _MICROSECOND
    except (ValueError, OverflowError):
        raise _malformed_token() from None
    if not pattern.matches(name):
        raise _malformed_token()
    return time, name


def _malformed_token() -> InvalidRequest:
    description = "must be the next_page_token of a call with the same arguments"
    return InvalidRequest([FieldViolation("page_token", description, "MALFORMED_TOKEN")])


def _decode(token: str) -> tuple[object, object]:
    try:
        padded = token + "=" * (-len(token) % 4)
        cursor, digest = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None, None
    return cursor, digest


def _is_storable(cursor: Cursor) -> bool:
    """Keep out what a forged token may hold and PostgreSQL can't: NUL, lone surrogates, integers over 64 bits."""
    if isinstance(cursor, int):
        return cursor in _INT64
    return "\0" not in cursor and not any("\ud800" <= character <= "\udfff" for character in cursor)


def _digest(cursor: Cursor, arguments: Mapping[str, object]) -> str:
    canonical = json.dumps([cursor, arguments], sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGEST_CHARACTERS]
