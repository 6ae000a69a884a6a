"""A list as HubSpot shows it (HS 5.2)."""

from collections.abc import Collection
from typing import Any

from sandbox.hubspot.lists.record import ListRecord
from sandbox.hubspot.times import to_iso, to_milliseconds
from sandbox.hubspot.wire import Call

# What a search shows of a list beside its definition; keys without a value are left out.
ADDITIONAL = (
    "hs_list_size",
    "hs_last_record_added_at",
    "hs_last_record_removed_at",
    "hs_folder_name",
    "hs_list_reference_count",
)


def describe(call: Call, record: ListRecord, *, filters: bool) -> dict[str, Any]:
    """Show a list with its size, as the calls by id and name answer it."""
    shown = describe_definition(call, record) | {"size": record.reported_size(call.now, call.settings)}
    if filters and record.filter_branch is not None:
        shown["filterBranch"] = record.filter_branch
    return shown


def describe_found(call: Call, record: ListRecord, asked: Collection[str] = ()) -> dict[str, Any]:
    """Show a list as a search does: no size, but the default additional properties and those asked for."""
    values = {
        "hs_list_size": str(record.reported_size(call.now, call.settings)),
        "hs_list_reference_count": "0",
    }
    if record.last_added_at:
        values["hs_last_record_added_at"] = str(to_milliseconds(record.last_added_at))
    if record.last_removed_at:
        values["hs_last_record_removed_at"] = str(to_milliseconds(record.last_removed_at))
    wanted = {*ADDITIONAL, *asked}
    extra = {name: value for name, value in values.items() if name in wanted}
    return describe_definition(call, record) | {"additionalProperties": extra}


def describe_definition(call: Call, record: ListRecord) -> dict[str, Any]:
    """Show what both have in common."""
    times = {
        "createdAt": record.created_at,
        "updatedAt": record.updated_at,
        "filtersUpdatedAt": record.filters_updated_at,
        "deletedAt": record.deleted_at,
    }
    return {
        "listId": str(record.list_id),
        "listVersion": record.version,
        "name": record.name,
        "objectTypeId": record.object_type_id,
        "processingType": record.processing_type,
        "processingStatus": record.processing_status(call.settings),
        **{name: to_iso(time) for name, time in times.items() if time},
    }
