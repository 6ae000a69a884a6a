"""Who a message is for: contact lists, and the two trees by which LINE chooses (architecture 2).

There is no value for "everybody". Whatever can be judged from the value alone is checked when it is made; what depends
on the channel or on LINE's tables is policy. Paths are those of a `Campaign`, as `targeting.contact_lists[0]`.

    AudienceNode    Audience | AllOf | AnyOf | AllBut
    AttributeNode   GenderFilter | AgeFilter | OSFilter | AreaFilter | FriendshipFilter | AllOf | AnyOf | AllBut
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Generic, Self, TypeAlias, TypeVar

from kit.names import VENDOR_ID, ResourceName

MOST_CONTACT_LISTS = 100
"""Most delivery lists, and most exclusion lists, of one targeting (ours; `targeting.proto`)."""

AUDIENCE_NAME = ResourceName("channels/{channel}/audiences/{audience}", {"audience": VENDOR_ID})
CONTACT_LIST_NAME = ResourceName("channels/{channel}/contactLists/{contact_list}", {"contact_list": VENDOR_ID})

_AREA_CODE = re.compile(r"[a-z]{2}_[0-9]{2}")

Node = TypeVar("Node")


class MalformedTargeting(ValueError):  # noqa: N818 - reads as the state that it reports, like gRPC's INVALID_ARGUMENT
    """A targeting that has no meaning, whatever the channel holds; becomes INVALID_ARGUMENT.

    Attributes:
        field: Path of the offending field, relative to the value that was being made; empty for the value itself.
        description: What must hold, for a person.

    """

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}" if field else description)
        self.field = field
        self.description = description

    def within(self, path: str) -> Self:
        """Return the same error as seen from the value that holds the malformed one at `path`."""
        return type(self)(join_path(path, self.field), self.description)


def join_path(outer: str, inner: str) -> str:
    """Join two field paths, either of which may be empty."""
    return f"{outer}.{inner}" if outer and inner else outer or inner


class ListMode(Enum):
    """What the contact lists mean when LINE chooses (R5, R6)."""

    LIST_NOT_APPLIED = "LIST_NOT_APPLIED"
    LIST_APPLIED = "LIST_APPLIED"


class Gender(Enum):
    """A gender as LINE deems it."""

    MALE = "MALE"
    FEMALE = "FEMALE"


class OS(Enum):
    """An operating system that LINE runs on."""

    IOS = "IOS"
    ANDROID = "ANDROID"


@dataclass(frozen=True, slots=True)
class AllOf(Generic[Node]):
    """Those whom every operand holds."""

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        _require_some("all_of.nodes", self.nodes)


@dataclass(frozen=True, slots=True)
class AnyOf(Generic[Node]):
    """Those whom at least one operand holds."""

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        _require_some("any_of.nodes", self.nodes)


@dataclass(frozen=True, slots=True)
class AllBut(Generic[Node]):
    """All friends but those whom the operand holds."""

    node: Node


@dataclass(frozen=True, slots=True)
class Audience:
    """Those in the audience `name`, `channels/{channel}/audiences/{audience}`; the id is LINE's `audienceGroupId`."""

    FIELD: ClassVar[str] = "audience"
    name: str

    def __post_init__(self) -> None:
        if not AUDIENCE_NAME.matches(self.name):
            raise MalformedTargeting("audience", f"must have the form {AUDIENCE_NAME.pattern}")

    @property
    def group_id(self) -> int:
        """LINE's id of the audience."""
        return int(self.name.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class GenderFilter:
    """Those of one of the genders."""

    FIELD: ClassVar[str] = "gender"
    one_of: tuple[Gender, ...]

    def __post_init__(self) -> None:
        _require_some("gender.one_of", self.one_of)


@dataclass(frozen=True, slots=True)
class AgeFilter:
    """Those of an age in years, from `from_age` (included) to `below_age` (not included); LINE's steps are policy's."""

    FIELD: ClassVar[str] = "age"
    from_age: int | None = None
    below_age: int | None = None

    def __post_init__(self) -> None:
        _require_range("age", "from_age", self.from_age, "below_age", self.below_age)


@dataclass(frozen=True, slots=True)
class OSFilter:
    """Those who use LINE on one of the operating systems."""

    FIELD: ClassVar[str] = "os"
    one_of: tuple[OS, ...]

    def __post_init__(self) -> None:
        _require_some("os.one_of", self.one_of)


@dataclass(frozen=True, slots=True)
class AreaFilter:
    """Those of one of the areas, LINE's codes as `jp_13`; whether LINE has the area is policy's."""

    FIELD: ClassVar[str] = "area"
    one_of: tuple[str, ...]

    def __post_init__(self) -> None:
        _require_some("area.one_of", self.one_of)
        for index, code in enumerate(self.one_of):
            if not _AREA_CODE.fullmatch(code):
                raise MalformedTargeting(f"area.one_of[{index}]", "must be an area code such as jp_13")


@dataclass(frozen=True, slots=True)
class FriendshipFilter:
    """Friends for `from_days` (included) to `below_days` (not included) days; LINE's steps are policy's."""

    FIELD: ClassVar[str] = "friendship"
    from_days: int | None = None
    below_days: int | None = None

    def __post_init__(self) -> None:
        _require_range("friendship", "from_days", self.from_days, "below_days", self.below_days)


AttributeFilter: TypeAlias = GenderFilter | AgeFilter | OSFilter | AreaFilter | FriendshipFilter
AudienceNode: TypeAlias = Audience | AllOf["AudienceNode"] | AnyOf["AudienceNode"] | AllBut["AudienceNode"]
AttributeNode: TypeAlias = AttributeFilter | AllOf["AttributeNode"] | AnyOf["AttributeNode"] | AllBut["AttributeNode"]


@dataclass(frozen=True, slots=True)
class LineAudience:
    """Whom LINE should choose; at least one of the two trees is present, since neither would mean everybody."""

    audience: AudienceNode | None = None
    attributes: AttributeNode | None = None
    list_mode: ListMode = ListMode.LIST_NOT_APPLIED

    def __post_init__(self) -> None:
        if self.audience is None and self.attributes is None:
            raise MalformedTargeting("", "must hold an audience tree, an attribute tree or both")


@dataclass(frozen=True, slots=True)
class Targeting:
    """Who a message is for; `line_audience` absent means a normal list delivery (R12)."""

    contact_lists: tuple[str, ...] = ()
    excluded_contact_lists: tuple[str, ...] = ()
    line_audience: LineAudience | None = None

    def __post_init__(self) -> None:
        _require_list_names("contact_lists", self.contact_lists)
        _require_list_names("excluded_contact_lists", self.excluded_contact_lists)


def _require_some(field: str, values: tuple[object, ...]) -> None:
    if not values:
        raise MalformedTargeting(field, "must not be empty")


def _require_range(leaf: str, low_field: str, low: int | None, high_field: str, high: int | None) -> None:
    if low is None and high is None:
        raise MalformedTargeting(leaf, f"must hold {low_field}, {high_field} or both")
    if low is not None and high is not None and low >= high:
        raise MalformedTargeting(f"{leaf}.{high_field}", f"must be above {low_field}")


def _require_list_names(field: str, names: tuple[str, ...]) -> None:
    if len(names) > MOST_CONTACT_LISTS:
        raise MalformedTargeting(field, f"must hold at most {MOST_CONTACT_LISTS} lists")
    for index, name in enumerate(names):
        if not CONTACT_LIST_NAME.matches(name):
            raise MalformedTargeting(f"{field}[{index}]", f"must have the form {CONTACT_LIST_NAME.pattern}")
