"""Reading LINE's JSON field by field: strict on what we rely on, blind to what LINE adds (LP 1.10)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from kit.text import clean

_LARGEST_INTEGER = 2**63 - 1

ValueT = TypeVar("ValueT")


class FieldError(ValueError):
    """A field is missing or has another type than documented; the text names the field and never its value."""


class Fields:
    """One JSON object of an answer. Unknown fields are never looked at; null reads like an absent field.

    Every method raises `FieldError`; those named `find_…` give None for an absent field instead.
    """

    def __init__(self, value: object, *, where: str = "answer") -> None:
        if not isinstance(value, dict):
            raise FieldError(f"{where} is not an object")
        self._values: Mapping[str, Any] = value
        self._where = where

    def find_text(self, name: str) -> str | None:
        """Read a string; what no store can hold is replaced in it (`kit.text`)."""
        text = self._find(name, str)
        return None if text is None else clean(text)

    def read_text(self, name: str) -> str:
        """Read a string that must be there."""
        return self._require(name, self.find_text(name))

    def find_integer(self, name: str) -> int | None:
        """Read an integer of up to 64 bits."""
        value = self._find(name, int)
        if isinstance(value, bool) or (value is not None and abs(value) > _LARGEST_INTEGER):
            raise self._wrong(name, "not an integer of 64 bits")
        return value

    def read_integer(self, name: str) -> int:
        """Read an integer that must be there."""
        return self._require(name, self.find_integer(name))

    def find_count(self, name: str) -> int | None:
        """Read an integer of 0 or more."""
        value = self.find_integer(name)
        if value is not None and value < 0:
            raise self._wrong(name, "negative")
        return value

    def read_count(self, name: str) -> int:
        """Read an integer of 0 or more that must be there."""
        return self._require(name, self.find_count(name))

    def find_flag(self, name: str) -> bool | None:
        """Read a boolean."""
        return self._find(name, bool)

    def read_flag(self, name: str) -> bool:
        """Read a boolean that must be there."""
        return self._require(name, self.find_flag(name))

    def find_unix_time(self, name: str) -> datetime | None:
        """Read UNIX **seconds**, the unit of audiences and insight (LP trap 27), as aware UTC."""
        seconds = self.find_integer(name)
        if seconds is None:
            return None
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            raise self._wrong(name, "not a UNIX time in seconds") from None

    def read_unix_time(self, name: str) -> datetime:
        """Read UNIX seconds that must be there."""
        return self._require(name, self.find_unix_time(name))

    def find_iso_time(self, name: str) -> datetime | None:
        """Read an ISO 8601 time, the unit of narrowcast progress (LP 4.8), as aware UTC."""
        text = self.find_text(name)
        if text is None:
            return None
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            raise self._wrong(name, "not an ISO 8601 time") from None
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)

    def read_iso_time(self, name: str) -> datetime:
        """Read an ISO 8601 time that must be there."""
        return self._require(name, self.find_iso_time(name))

    def find_object(self, name: str) -> "Fields | None":
        """Read an object."""
        value = self._find(name, dict)
        return None if value is None else Fields(value, where=self._locate(name))

    def read_object(self, name: str) -> "Fields":
        """Read an object that must be there."""
        return self._require(name, self.find_object(name))

    def read_objects(self, name: str) -> "list[Fields]":
        """Read an array of objects that must be there: LINE writes an empty one as `[]`."""
        values = self._require(name, self._find(name, list))
        return [Fields(value, where=f"{self._locate(name)}[{index}]") for index, value in enumerate(values)]

    def read_entries(self, name: str) -> "list[Fields | FieldError]":
        """Read an array that must be there and whose entries stand each for itself: one that is bad spoils no other."""
        entries: list[Fields | FieldError] = []
        for index, value in enumerate(self._require(name, self._find(name, list))):
            try:
                entries.append(Fields(value, where=f"{self._locate(name)}[{index}]"))
            except FieldError as error:
                entries.append(error)
        return entries

    def _find(self, name: str, kind: type[ValueT]) -> ValueT | None:
        value = self._values.get(name)
        if value is None or isinstance(value, kind):
            return value
        raise self._wrong(name, f"not of type {kind.__name__}")

    def _require(self, name: str, value: ValueT | None) -> ValueT:
        if value is None:
            raise self._wrong(name, "missing")
        return value

    def _wrong(self, name: str, problem: str) -> FieldError:
        return FieldError(f"{self._locate(name)} is {problem}")

    def _locate(self, name: str) -> str:
        return f"{self._where}.{name}"
