"""Errors that callers see."""

import pytest

from kit.errors import FieldViolation, InvalidRequest, PermissionDenied, Violations


def test_gathering() -> None:
    """All bad fields are told at once, in the order in which they were found."""
    violations = Violations()
    violations.add("page_size", "must not be negative", "OUT_OF_RANGE")
    violations.absorb(InvalidRequest([FieldViolation("parent", "must have another form")]))

    with pytest.raises(InvalidRequest) as caught:
        violations.raise_if_any()

    assert [violation.field for violation in caught.value.fields] == ["page_size", "parent"]
    assert caught.value.metadata == {"fields": "page_size,parent"}


def test_nothing_found() -> None:
    """A request without bad fields passes."""
    violations = Violations()
    violations.raise_if_any()

    assert not violations


def test_closed_method() -> None:
    """A refusal that is not about a tenant names none."""
    assert PermissionDenied().metadata == {}
    assert PermissionDenied("channels/acme").metadata == {"channel": "channels/acme"}
