"""What a targeting can say."""

from collections.abc import Callable

import pytest

from delivery.domain.targeting.trees import (
    MOST_CONTACT_LISTS,
    AgeFilter,
    AllOf,
    AnyOf,
    AreaFilter,
    Audience,
    FriendshipFilter,
    GenderFilter,
    LineAudience,
    MalformedTargeting,
    OSFilter,
    Targeting,
)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (LineAudience, ""),
        (lambda: AllOf(()), "all_of.nodes"),
        (lambda: AnyOf(()), "any_of.nodes"),
        (lambda: GenderFilter(()), "gender.one_of"),
        (lambda: OSFilter(()), "os.one_of"),
        (lambda: AreaFilter(()), "area.one_of"),
        (lambda: AreaFilter(("jp_13", "Tokyo")), "area.one_of[1]"),
        (AgeFilter, "age"),
        (lambda: AgeFilter(30, 20), "age.below_age"),
        (lambda: AgeFilter(30, 30), "age.below_age"),
        (FriendshipFilter, "friendship"),
        (lambda: FriendshipFilter(90, 7), "friendship.below_days"),
        (lambda: Audience("channels/acme/audiences/"), "audience"),
        (lambda: Audience("channels/acme/audiences/0"), "audience"),
        (lambda: Audience("channels/acme/audiences/12x"), "audience"),
        (lambda: Audience(f"channels/acme/audiences/{2**64}"), "audience"),
        (lambda: Audience("audiences/12"), "audience"),
        (lambda: Targeting(("channels/acme/audiences/1",)), "contact_lists[0]"),
        (lambda: Targeting((), ("nonsense",)), "excluded_contact_lists[0]"),
        (lambda: Targeting(("channels/acme/contactLists/1",) * (MOST_CONTACT_LISTS + 1)), "contact_lists"),
    ],
)
def test_what_has_no_meaning_cannot_be_made(make: Callable[[], object], field: str) -> None:
    """A malformed value raises an error that names its field."""
    with pytest.raises(MalformedTargeting) as raised:
        make()

    assert raised.value.field == field
    assert raised.value.description


def test_long_audience_ids_are_kept() -> None:
    """LINE's int64 ids are read to the digit."""
    assert Audience("channels/acme/audiences/123456789012345678").group_id == 123456789012345678


@pytest.mark.parametrize(
    ("field", "path"),
    [("age.below_age", "targeting.line_audience.attributes.age.below_age"), ("", "targeting.line_audience.attributes")],
)
def test_error_is_told_from_the_outside(field: str, path: str) -> None:
    """An error within a field names the path from the value that holds the field."""
    error = MalformedTargeting(field, "must hold").within("targeting.line_audience.attributes")

    assert (error.field, error.description) == (path, "must hold")


def test_empty_targeting_can_be_kept() -> None:
    """A draft without lists and without line_audience is well formed: judging it is policy's."""
    assert Targeting() == Targeting((), (), None)
