"""Rules for an audience's name, the texts beside it, and the properties of its requests (LP 3.3, 3.10, 11.2)."""

import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from sandbox.line.audiences.audience import Audience
from sandbox.line.errors import Problems, audience_error, count_units
from sandbox.line.model import Account
from sandbox.line.platform import Line

LONGEST_NAME = 120
LONGEST_UPLOAD_DESCRIPTION = 300


def check_name(value: Any) -> str:
    """Return a name of 1..120 characters without control characters.

    Raises:
        LineError: 400 with the code of LP 3.10.

    """
    if not isinstance(value, str):
        raise audience_error("audience group name is empty", "AUDIENCE_GROUP_NAME_EMPTY")
    # Before the blank ones: a line feed alone is a control character first (B4).
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise audience_error("audience group name is wrong", "AUDIENCE_GROUP_NAME_WRONG")
    if not value.strip():
        raise audience_error("audience group name is empty", "AUDIENCE_GROUP_NAME_EMPTY")
    if count_units(value) > LONGEST_NAME:
        raise audience_error("size over audienceGroupName", "AUDIENCE_GROUP_NAME_SIZE_OVER")
    return value


def check_upload_description(value: Any) -> str | None:
    """Return an upload's text of up to 300 characters, None when absent.

    Raises:
        LineError: 400 with the code of LP 3.10.

    """
    if value is None:
        return None
    if not isinstance(value, str) or count_units(value) > LONGEST_UPLOAD_DESCRIPTION:
        raise audience_error("size over uploadDescription", "AUDIENCE_GROUP_UPLOAD_DESCRIPTION_SIZE_OVER")
    return value


def refuse_unknown_properties(line: Line, body: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse a body with properties that the endpoint does not have, where the switch says that LINE does (LP 11.2)."""
    if not line.settings.unknown_properties_refused:
        return
    problems = Problems()
    for name in sorted(body.keys() - set(known)):
        problems.add(name, "Unknown property")
    problems.refuse()


def refuse_duplicate_name(line: Line, account: Account, name: str, *, besides: Audience | None = None) -> None:
    """Refuse a name in use, where the switch says that LINE does (LP 3.3); the code is not published."""
    if not line.settings.duplicate_names_refused:
        return
    for other in line.list_audiences(account):
        if other is not besides and other.name.casefold() == name.casefold():
            raise audience_error("audience group name is in use", "AUDIENCE_GROUP_NAME_WRONG")
