"""Contact property definitions (HS 6.2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PropertyDefinition:
    """One contact property; all values travel as strings whatever its type (HS 6.2)."""

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    group_name: str = "contactinformation"
    has_unique_value: bool = False
    archived: bool = False
    hubspot_defined: bool = False
    description: str = ""
    options: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Show the definition as the properties API shows it."""
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "groupName": self.group_name,
            "description": self.description,
            "options": list(self.options),
            "hasUniqueValue": self.has_unique_value,
            "archived": self.archived,
            "hubspotDefined": self.hubspot_defined,
        }


# What a contact shows when no property is asked for (HS 6.1).
SHOWN_BY_DEFAULT = ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname")
# What comes along with any property list (HS 6.1, unconfirmed).
ALWAYS_SHOWN = ("hs_object_id", "createdate", "lastmodifieddate")


# What nobody can write (HS 6.2).
READ_ONLY = frozenset({"createdate", "hs_merged_object_ids", "hs_object_id", "lastmodifieddate"})
MOST_UNIQUE = 10
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")

_STANDARD = (
    PropertyDefinition("createdate", "Create Date", "datetime", "date", hubspot_defined=True),
    PropertyDefinition("email", "Email", hubspot_defined=True),
    PropertyDefinition("firstname", "First Name", hubspot_defined=True),
    PropertyDefinition("hs_merged_object_ids", "Merged record IDs", "enumeration", "checkbox", hubspot_defined=True),
    PropertyDefinition("hs_object_id", "Record ID", "number", "number", hubspot_defined=True),
    PropertyDefinition("lastmodifieddate", "Last Modified Date", "datetime", "date", hubspot_defined=True),
    PropertyDefinition("lastname", "Last Name", hubspot_defined=True),
)


def define_standard_properties() -> dict[str, PropertyDefinition]:
    """Return the properties of a new account that HubSpot itself defines, keyed by name."""
    return {definition.name: definition for definition in _STANDARD}


def is_property_name(name: Any) -> bool:
    """Whether a value can be an internal name: lower-case letters, digits and underscores."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None
