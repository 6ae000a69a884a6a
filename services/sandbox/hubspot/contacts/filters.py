"""Search filters over contacts: reading and matching them (HS 6.3); pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from sandbox.hubspot.contacts.contact import Contact
from sandbox.hubspot.errors import refuse_value
from sandbox.hubspot.properties.definitions import PropertyDefinition

MOST_GROUPS, MOST_IN_GROUP, MOST_FILTERS = 5, 6, 18
OPERATORS = (
    "EQ",
    "NEQ",
    "LT",
    "LTE",
    "GT",
    "GTE",
    "BETWEEN",
    "IN",
    "NOT_IN",
    "HAS_PROPERTY",
    "NOT_HAS_PROPERTY",
    "CONTAINS_TOKEN",
    "NOT_CONTAINS_TOKEN",
)
_BARE = ("HAS_PROPERTY", "NOT_HAS_PROPERTY")
_LISTED = ("IN", "NOT_IN")


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a property."""

    definition: PropertyDefinition
    operator: str
    value: str = ""
    high_value: str = ""
    values: frozenset[str] = frozenset()

    @property
    def wanted(self) -> Iterable[str] | None:
        """The values of which one must be held, whatever its case; None when others may match too."""
        if self.operator == "EQ":
            return (self.value,)
        return self.values if self.operator == "IN" else None

    def matches(self, contact: Contact) -> bool:
        """Whether a contact meets it; without a value only the negative operators do."""
        held = contact.value(self.definition.name)
        if self.operator in _BARE:
            return (held is not None) == (self.operator == "HAS_PROPERTY")
        if held is None:
            return self.operator in ("NEQ", "NOT_IN", "NOT_CONTAINS_TOKEN")
        return _MATCHERS[self.operator](self, held)


def read_groups(body: Mapping[str, Any], definitions: Mapping[str, PropertyDefinition]) -> list[list[Filter]]:
    """Return `filterGroups`: any group may match, with all of its filters.

    Raises:
        RequestRefusedError: 400 for too many, or for one of no meaning.

    """
    groups = _read_list(body.get("filterGroups"), "filterGroups", MOST_GROUPS)
    found = [
        [_read(entry, definitions) for entry in _read_list(group.get("filters"), "filters", MOST_IN_GROUP)]
        for group in groups
    ]
    if sum(map(len, found)) > MOST_FILTERS:
        raise refuse_value(f"At most {MOST_FILTERS} filters are allowed.")
    return found


def matches_any(groups: Sequence[Sequence[Filter]], contact: Contact) -> bool:
    """Whether a contact is found; no group finds everybody."""
    return not groups or any(all(one.matches(contact) for one in group) for group in groups)


def to_sortable(definition: PropertyDefinition, text: str) -> float | str:
    """Return a value as it compares: numbers and times by size, texts without case."""
    if definition.type in ("number", "datetime", "date"):
        number = _to_number(text)
        if number is not None:
            return number
    return text.casefold()


def _read_list(value: Any, name: str, most: int) -> list[dict[str, Any]]:
    found = [] if value is None else value
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise refuse_value(f"{name} must be an array of objects.")
    if len(found) > most:
        raise refuse_value(f"{name} holds up to {most}.")
    return found


def _read(entry: Mapping[str, Any], definitions: Mapping[str, PropertyDefinition]) -> Filter:
    name, operator = entry.get("propertyName"), entry.get("operator")
    definition = definitions.get(name) if isinstance(name, str) else None
    if definition is None:
        raise refuse_value(f"There was a problem with the property {name}.")
    if operator not in OPERATORS:
        raise refuse_value(f"operator must be one of {', '.join(OPERATORS)}.")
    if operator in _BARE:
        return Filter(definition, operator)
    if operator in _LISTED:
        values = entry.get("values")
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            raise refuse_value(f"{operator} needs values, an array of strings.")
        return Filter(definition, operator, values=frozenset(values))
    value, high = entry.get("value"), entry.get("highValue", "")
    if not isinstance(value, str) or not isinstance(high, str) or (operator == "BETWEEN" and not high):
        raise refuse_value(f"{operator} needs a value" + (" and a highValue." if operator == "BETWEEN" else "."))
    return Filter(definition, operator, value, high)


def _is_equal(one: Filter, held: str) -> bool:
    if one.definition.type == "enumeration":
        return held == one.value
    return _compare(one, held, one.value) == 0


def _compare(one: Filter, held: str, value: str) -> int:
    left, right = to_sortable(one.definition, held), to_sortable(one.definition, value)
    if isinstance(left, float) and isinstance(right, float):
        return (left > right) - (left < right)
    return (str(left) > str(right)) - (str(left) < str(right))


def _is_listed(one: Filter, held: str) -> bool:
    """Values of a string property must be given in lower case (HS 6.3, trap 16)."""
    return (held if one.definition.type == "enumeration" else held.lower()) in one.values


def _holds_token(one: Filter, held: str) -> bool:
    # The asterisk is the only wildcard (HS 6.3 names no other); fnmatch knows more.
    wanted = one.value.casefold().replace("[", "[[]").replace("?", "[?]")
    tokens = held.casefold().split()
    return any(fnmatchcase(token, wanted) for token in (*tokens, held.casefold()))


def _to_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000
    except (ValueError, OverflowError):
        return None


_MATCHERS: Mapping[str, Callable[[Filter, str], bool]] = {
    "EQ": _is_equal,
    "NEQ": lambda one, held: not _is_equal(one, held),
    "LT": lambda one, held: _compare(one, held, one.value) < 0,
    "LTE": lambda one, held: _compare(one, held, one.value) <= 0,
    "GT": lambda one, held: _compare(one, held, one.value) > 0,
    "GTE": lambda one, held: _compare(one, held, one.value) >= 0,
    "BETWEEN": lambda one, held: _compare(one, held, one.value) >= 0 >= _compare(one, held, one.high_value),
    "IN": _is_listed,
    "NOT_IN": lambda one, held: not _is_listed(one, held),
    "CONTAINS_TOKEN": _holds_token,
    "NOT_CONTAINS_TOKEN": lambda one, held: not _holds_token(one, held),
}
