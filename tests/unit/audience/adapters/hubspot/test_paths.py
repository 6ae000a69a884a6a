"""Both path families are spelt as HubSpot spells them (HS 1)."""

import pytest

from audience.adapters.hubspot.paths import Paths


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("v3", ("/crm/v3/lists/9", "/crm/v3/objects/contacts/batch/read", "/crm/v3/properties/contacts/a%2Fb")),
        (
            "2026-09",
            (
                "/crm/lists/2026-09/9",
                "/crm/objects/2026-09/contacts/batch/read",
                "/crm/properties/2026-09/contacts/a%2Fb",
            ),
        ),
    ],
)
def test_paths(version: str, expected: tuple[str, str, str]) -> None:
    """The version stands before or behind the family's name; a property name is one path segment."""
    paths = Paths(version)

    assert (paths.lists("/9"), paths.contacts("/batch/read"), paths.contact_property("a/b")) == expected
