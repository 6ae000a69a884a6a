"""What calls on lists name and bring (HS 5.1)."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from sandbox.hubspot.errors import refuse_list, refuse_value
from sandbox.hubspot.lists.record import ListRecord
from sandbox.hubspot.settings import DeletedList
from sandbox.hubspot.wire import Call, parse_id

# A deleted list can be restored for so long, and is gone afterwards (HS 5.1).
IN_BIN = timedelta(days=90)


def seek(call: Call, list_id: str) -> ListRecord | None:
    """Return a list by its ILS id, a deleted one only where the switch shows those."""
    record = seek_even_deleted(call, list_id)
    if record is None or (record.deleted_at and call.settings.deleted_list is DeletedList.NOT_FOUND):
        return None
    return record


def seek_even_deleted(call: Call, list_id: str) -> ListRecord | None:
    """Return a list, also one that is in its bin."""
    number = parse_id(list_id)
    record = None if number is None else call.account.lists.get(number)
    if record is None or (record.deleted_at is not None and call.now >= record.deleted_at + IN_BIN):
        return None
    record.settle(call.now)
    return record


def find(call: Call, list_id: str) -> ListRecord:
    """Return a list.

    Raises:
        RequestRefusedError: 404.

    """
    record = seek(call, list_id)
    if record is None:
        raise refuse_list(list_id, call.settings)
    return record


def find_living(call: Call, list_id: str) -> ListRecord:
    """Return a list that is not deleted, whatever the switch shows."""
    record = find(call, list_id)
    if record.deleted_at is not None:
        raise refuse_list(list_id, call.settings)
    return record


def visible(call: Call) -> Iterator[ListRecord]:
    """Yield the lists that are not deleted, by id."""
    for record in call.account.lists.values():
        if record.deleted_at is None:
            record.settle(call.now)
            yield record


def read_strings(body: Mapping[str, Any], name: str) -> list[str]:
    """Return an array of the body as strings; absent is empty."""
    values = body.get(name) or []
    if not isinstance(values, list):
        raise refuse_value(f"{name} must be an array.")
    return [str(value) for value in values]


def read_whole_number(body: Mapping[str, Any], name: str, default: int) -> int:
    """Return a number of 0 or more."""
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise refuse_value(f"{name} must be an integer.")
    return value


def read_record_ids(values: Any, name: str) -> list[int]:
    """Return an array of record ids, which travel as numeric strings."""
    if not isinstance(values, list):
        raise refuse_value(f"{name} must be an array of record ids.")
    numbers = [parse_id(str(value)) if isinstance(value, str | int) else None for value in values]
    found = [number for number in numbers if number is not None]
    if len(found) < len(numbers):
        raise refuse_value(f"{name} must be an array of record ids.")
    return found
