"""LINE's error answers (LP 1.4, 1.5) and the collector of a body's faults."""

from collections.abc import Collection, Mapping
from typing import Any, TypeGuard

RATE_LIMITED = "The API rate limit has been exceeded. Try again later."
MONTHLY_LIMIT = "You have reached your monthly limit."
NOT_FOUND = "Not found"
FORBIDDEN = "Access to this API is not available for your account"


class LineError(Exception):
    """An error answer: status, `message`, and what some answers add.

    `details` is left out of the body when empty; `body`, when given, replaces the whole body (OAuth's shape).
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        details: Collection[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = dict(body) if body is not None else {"message": message}
        if details:
            self.body["details"] = [dict(detail) for detail in details]


def audience_error(message: str, code: str, *, property_name: str | None = None) -> LineError:
    """Return a 400 of the audience family with its code in `details` (LP 3.10)."""
    detail = {"message": code} if property_name is None else {"message": code, "property": property_name}
    return LineError(400, message, details=[detail])


class Problems:
    """What is wrong with a request body, each with the property it concerns (LP 1.4)."""

    def __init__(self) -> None:
        self._details: list[dict[str, str]] = []

    def add(self, path: str, message: str) -> None:
        """Note one fault of the property at `path`, as `messages[0].text`."""
        self._details.append({"message": message, "property": path})

    def refuse(self) -> None:
        """Raise the 400 that lists the faults, if there are any."""
        if self._details:
            raise LineError(400, f"The request body has {len(self._details)} error(s)", details=self._details)

    # Each check notes its fault and says whether the value may be looked at further.

    def require_text(self, value: Any, path: str, *, longest: int | None = None, shortest: int = 1) -> TypeGuard[str]:
        """Check for a string of `shortest`..`longest` UTF-16 units (LP 5.3)."""
        if not isinstance(value, str) or (shortest > 0 and not value):
            self.add(path, "May not be empty")
            return False
        if longest is not None and not shortest <= count_units(value) <= longest:
            self.add(path, f"Length must be between {min(shortest, 0)} and {longest}")
            return False
        return True

    def require_one_of(self, value: Any, path: str, allowed: Collection[str]) -> TypeGuard[str]:
        """Check for one of some strings."""
        if not isinstance(value, str) or value not in allowed:
            self.add(path, f"Must be one of the following values: [{', '.join(allowed)}]")
            return False
        return True

    def require_list(self, value: Any, path: str, *, least: int, most: int) -> TypeGuard[list[Any]]:
        """Check for an array of `least`..`most` elements."""
        if not isinstance(value, list) or not least <= len(value) <= most:
            self.add(path, f"Size must be between {least} and {most}")
            return False
        return True

    def require_object(self, value: Any, path: str) -> TypeGuard[dict[str, Any]]:
        """Check for a JSON object."""
        if not isinstance(value, dict):
            self.add(path, "May not be empty")
            return False
        return True

    def require_bool(self, value: Any, path: str) -> bool:
        """Check for true or false; absent and null count as false."""
        if value is not None and not isinstance(value, bool):
            self.add(path, "Must be true or false")
            return False
        return True


def count_units(text: str) -> int:
    """Return the length in UTF-16 code units, LINE's usual measure (LP 5.3)."""
    return len(text) + sum(character > "\uffff" for character in text)


def is_integer(value: Any) -> TypeGuard[int]:
    """Whether a JSON value is an integer; JSON's true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)
