"""Reads what the requests of several services have in common, gathering every bad field (requirement N4)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message

from kit.callers import current_caller
from kit.errors import InvalidRequest, Violations
from kit.names import ResourceName
from kit.paging import Cursor, read_page_size, read_page_token, write_page_token
from kit.store.once import Once
from kit.store.ports import RequestKey

CursorT = TypeVar("CursorT", bound=Cursor)
EnumT = TypeVar("EnumT", bound=Enum)
EntryT = TypeVar("EntryT")

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Pageable(Protocol):
    """A request for a page (AIP-158)."""

    page_size: int
    page_token: str


class Repeatable(Protocol):
    """A request that may be repeated (AIP-155)."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Page(Generic[CursorT]):
    """Which page is asked for: up to `size` entries from the one after `after`.

    `arguments` are the other arguments, which the next page's token is bound to (AIP-158).
    """

    size: int
    after: CursorT | None
    arguments: Mapping[str, object]

    def cut(self, entries: Sequence[EntryT], cursor: Callable[[EntryT], CursorT]) -> tuple[Sequence[EntryT], str]:
        """Return the page and the token of the next one, of entries that were asked for with one more than `size`."""
        shown = entries[: self.size]
        more = len(entries) > self.size
        return shown, write_page_token(cursor(shown[-1]) if more else None, self.arguments)


@contextmanager
def gathering(bad: Violations) -> Iterator[None]:
    """Note what the block finds bad instead of ending there."""
    try:
        yield
    except InvalidRequest as error:
        bad.absorb(error)


def read_text_page(
    bad: Violations, request: Pageable, arguments: Mapping[str, object], *, default: int = 50, maximum: int = 1000
) -> Page[str]:
    """Read a page of a list that is sorted by a text, as a name; bad parts are noted."""
    after = None
    with gathering(bad):
        after = read_page_token(request.page_token, arguments)
    return Page(_read_size(bad, request, default, maximum), after, arguments)


def read_number_page(
    bad: Violations, request: Pageable, arguments: Mapping[str, object], *, default: int = 50, maximum: int = 1000
) -> Page[int]:
    """Read a page of a list that is sorted by number; bad parts are noted."""
    after = None
    with gathering(bad):
        after = read_page_token(request.page_token, arguments, kind=int)
    return Page(_read_size(bad, request, default, maximum), after, arguments)


def check_names_within(
    bad: Violations, pattern: ResourceName, names: Sequence[str], *, channel: str, field: str, most: int
) -> None:
    """Note names that are malformed or of another channel, and more of them than `most`."""
    if len(names) > most:
        bad.add(field, f"must hold at most {most} names", "TOO_MANY")
        return
    for number, name in enumerate(names):
        path = f"{field}[{number}]"
        if not pattern.matches(name):
            bad.add(path, f"must have the form {pattern.pattern}", "MALFORMED_NAME")
        elif not name.startswith(f"{channel}/"):
            bad.add(path, "must be of the same channel", "FOREIGN_NAME")


def read_enums(
    bad: Violations, kind: type[EnumT], numbers: Sequence[int], *, described: EnumDescriptor, field: str
) -> frozenset[EnumT]:
    """Return the domain's values for a proto enum's numbers; unknown ones, which proto3 passes on, are noted."""
    found = set()
    for position, number in enumerate(numbers):
        value = described.values_by_number.get(number)
        if value is None or value.name not in kind.__members__:
            bad.add(f"{field}[{position}]", "must be a known value, not the unspecified one", "UNKNOWN_VALUE")
        else:
            found.add(kind[value.name])
    return frozenset(found)


def check_request_id(bad: Violations, request: Repeatable) -> None:
    """Note a request id that is no UUID in its canonical form; of which version is the caller's choice (ST 1.12)."""
    if not _UUID.fullmatch(request.request_id):
        bad.add("request_id", "must be a UUID, 8-4-4-4-12 hexadecimal digits", "MALFORMED_REQUEST_ID")


def make_once(method: str, request: Message, request_id: str) -> Once:
    """Describe a request that takes effect once per caller and `request_id`, whichever its case (AIP-155)."""
    body = type(request)()
    body.CopyFrom(request)
    body.ClearField("request_id")
    key = RequestKey(current_caller().subject, method, request_id.lower())
    return Once(key, body.SerializeToString(deterministic=True))


def _read_size(bad: Violations, request: Pageable, default: int, maximum: int) -> int:
    with gathering(bad):
        return read_page_size(request.page_size, default=default, maximum=maximum)
    return 1
