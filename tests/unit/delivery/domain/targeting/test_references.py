"""What a targeting names, and where."""

import pytest

from delivery.domain.targeting.references import (
    attribute_leaves,
    audience_leaves,
    name_audiences,
    name_conditions,
    name_contact_lists,
    require_channel,
)
from delivery.domain.targeting.trees import (
    AgeFilter,
    AllBut,
    AllOf,
    AnyOf,
    AttributeNode,
    Audience,
    AudienceNode,
    Gender,
    GenderFilter,
    LineAudience,
    MalformedTargeting,
    Targeting,
)

FIRST, SECOND = Audience("channels/acme/audiences/1"), Audience("channels/acme/audiences/2")
LIST, OTHER_LIST = "channels/acme/contactLists/8", "channels/acme/contactLists/9"


def test_leaves_come_with_the_paths_of_the_request() -> None:
    """Each leaf is found in written order, those under a negation too, by the path that the proto gives it."""
    tree: AudienceNode = AllOf((FIRST, AllBut(AnyOf((SECOND, FIRST)))))
    filters: AttributeNode = AnyOf((GenderFilter((Gender.MALE,)), AllBut(AgeFilter(20))))
    targeting = Targeting(line_audience=LineAudience(tree, filters))

    assert list(audience_leaves(targeting)) == [
        ("targeting.line_audience.audience.all_of.nodes[0].audience", FIRST),
        ("targeting.line_audience.audience.all_of.nodes[1].all_but.any_of.nodes[0].audience", SECOND),
        ("targeting.line_audience.audience.all_of.nodes[1].all_but.any_of.nodes[1].audience", FIRST),
    ]
    assert [path for path, _ in attribute_leaves(targeting)] == [
        "targeting.line_audience.attributes.any_of.nodes[0].gender",
        "targeting.line_audience.attributes.any_of.nodes[1].all_but.age",
    ]


def test_names_are_told_once_each() -> None:
    """A name used twice is asked for once."""
    targeting = Targeting((LIST, OTHER_LIST), (LIST,), LineAudience(AllOf((SECOND, FIRST, SECOND))))

    assert name_audiences(targeting) == (SECOND.name, FIRST.name)
    assert name_contact_lists(targeting) == (LIST, OTHER_LIST)


@pytest.mark.parametrize(
    ("chosen", "recipient_limit", "conditions"),
    [
        (None, None, ()),
        (LineAudience(FIRST), None, ("targeting.line_audience.audience",)),
        (LineAudience(None, AgeFilter(20)), 5000, ("targeting.line_audience.attributes", "recipient_limit")),
        (
            LineAudience(FIRST, AgeFilter(20)),
            60,
            ("targeting.line_audience.audience", "targeting.line_audience.attributes", "recipient_limit"),
        ),
    ],
)
def test_conditions_are_all_that_is_in_use(
    chosen: LineAudience | None, recipient_limit: int | None, conditions: tuple[str, ...]
) -> None:
    """What may be relaxed is each tree that is there, and the caller's own limit, however wide it is (R7, Q4)."""
    assert name_conditions(Targeting(line_audience=chosen), recipient_limit=recipient_limit) == conditions


@pytest.mark.parametrize(
    ("targeting", "field"),
    [
        (Targeting((LIST, "channels/acme-2/contactLists/8")), "targeting.contact_lists[1]"),
        (Targeting((), ("channels/acm/contactLists/8",)), "targeting.excluded_contact_lists[0]"),
        (
            Targeting(line_audience=LineAudience(AllBut(Audience("channels/other/audiences/1")))),
            "targeting.line_audience.audience.all_but.audience",
        ),
    ],
)
def test_foreign_names_are_refused(targeting: Targeting, field: str) -> None:
    """A name of another channel, however alike, raises an error that names its field."""
    with pytest.raises(MalformedTargeting) as raised:
        require_channel(targeting, "channels/acme")

    assert raised.value.field == field


def test_own_names_are_taken() -> None:
    """Names of the channel itself pass."""
    require_channel(Targeting((LIST,), (OTHER_LIST,), LineAudience(FIRST)), "channels/acme")
