"""The compiler: LINE's JSON must mean what the targeting means."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.targeting.narrowcast import (
    LARGEST_LIMIT,
    Limit,
    Narrowcast,
    RecipientAudience,
    TargetingModeUnsupported,
    compile_narrowcast,
    demographic_json,
)
from delivery.domain.targeting.trees import (
    OS,
    AgeFilter,
    AllBut,
    AllOf,
    AnyOf,
    AreaFilter,
    AttributeNode,
    Audience,
    AudienceNode,
    FriendshipFilter,
    Gender,
    GenderFilter,
    LineAudience,
    ListMode,
    OSFilter,
    Targeting,
)
from tests.strategies.targeting import (
    AUDIENCE_NAMES,
    Person,
    attribute_trees,
    audience_trees,
    choose,
    matches,
    people,
)

LIST = "channels/acme/contactLists/9"
PEOPLE = st.frozensets(st.integers(0, 20), max_size=20)


def compile_tree(audience: AudienceNode | None, attributes: AttributeNode | None = None) -> dict[str, Any]:
    """Compile the trees and return LINE's JSON as LINE would read it."""
    targeting = Targeting((LIST,), (), LineAudience(audience, attributes))
    request = compile_narrowcast(targeting, at_most=None, recipient_limit=None)
    read: dict[str, Any] = json.loads(request.to_body(b"[]", notification_disabled=False))
    return read


def evaluate_recipient(
    node: dict[str, Any], members: dict[int, frozenset[int]], friends: frozenset[int]
) -> frozenset[int]:
    """Evaluate LINE's recipient object by LP 4.3, keyed by audience group id."""
    match node:
        case {"type": "audience", "audienceGroupId": int(group), **rest} if not rest:
            return members[group] & friends
        case {"type": "operator", "and": [*nodes], **rest} if nodes and not rest:
            return friends.intersection(*(evaluate_recipient(operand, members, friends) for operand in nodes))
        case {"type": "operator", "or": [*nodes], **rest} if nodes and not rest:
            return frozenset().union(*(evaluate_recipient(operand, members, friends) for operand in nodes))
        case {"type": "operator", "not": {} as operand, **rest} if not rest:
            return friends - evaluate_recipient(operand, members, friends)
    raise AssertionError(node)


def evaluate_demographic(node: dict[str, Any], person: Person) -> bool:  # noqa: PLR0911 - one case per LINE object
    """Evaluate LINE's demographic object by LP 4.4 for one person."""
    match node:
        case {"type": "operator", "and": [*nodes], **rest} if nodes and not rest:
            return all(evaluate_demographic(operand, person) for operand in nodes)
        case {"type": "operator", "or": [*nodes], **rest} if nodes and not rest:
            return any(evaluate_demographic(operand, person) for operand in nodes)
        case {"type": "operator", "not": {} as operand, **rest} if not rest:
            return not evaluate_demographic(operand, person)
        case {"type": "gender", "oneOf": [*values]}:
            return {Gender.MALE: "male", Gender.FEMALE: "female"}[person.gender] in values
        case {"type": "appType", "oneOf": [*values]}:
            return {OS.IOS: "ios", OS.ANDROID: "android"}[person.os] in values
        case {"type": "area", "oneOf": [*values]}:
            return person.area in values
        case {"type": "age"}:
            return within(node, "age_", person.age)
        case {"type": "subscriptionPeriod"}:
            return within(node, "day_", person.days)
    raise AssertionError(node)


def within(node: dict[str, str], prefix: str, value: int) -> bool:
    """Evaluate a range object: `gte` is included, `lt` is not."""
    ends = {end: int(step.removeprefix(prefix)) for end, step in node.items() if end != "type"}
    assert ends
    assert ends.keys() <= {"gte", "lt"}
    return ends.get("gte", value) <= value < ends.get("lt", value + 1)


@given(tree=audience_trees, members=st.fixed_dictionaries(dict.fromkeys(AUDIENCE_NAMES, PEOPLE)), friends=PEOPLE)
def test_recipient_tree_means_what_the_targeting_means(
    tree: AudienceNode, members: dict[str, frozenset[int]], friends: frozenset[int]
) -> None:
    """LINE, reading our JSON, chooses exactly the friends whom the targeting means."""
    by_group = {int(name.rpartition("/")[2]): held for name, held in members.items()}

    chosen = evaluate_recipient(compile_tree(tree)["recipient"], by_group, friends)

    assert chosen == choose(tree, members, friends)


@given(tree=attribute_trees, person=people)
def test_demographic_tree_means_what_the_targeting_means(tree: AttributeNode, person: Person) -> None:
    """LINE, reading our JSON, takes exactly the people whom the targeting means."""
    filtered = evaluate_demographic(compile_tree(None, tree)["filter"]["demographic"], person)

    assert filtered == matches(tree, person)


def test_request_has_lines_shape() -> None:
    """The whole body is LINE's, member by member (LP 4.2 to 4.4, 4.7)."""
    tree: AudienceNode = AllOf(
        (Audience("channels/acme/audiences/101"), AllBut(Audience("channels/acme/audiences/102")))
    )
    filters: AttributeNode = AnyOf((GenderFilter((Gender.FEMALE,)), AgeFilter(20, 40)))
    targeting = Targeting((LIST,), (), LineAudience(tree, filters))
    request = compile_narrowcast(targeting, at_most=1000, recipient_limit=None)

    body = request.to_body('[{"type":"text","text":"春"}]'.encode(), notification_disabled=True)

    assert body.decode() == (
        '{"messages":[{"type":"text","text":"春"}],'
        '"recipient":{"type":"operator","and":[{"type":"audience","audienceGroupId":101},'
        '{"type":"operator","not":{"type":"audience","audienceGroupId":102}}]},'
        '"filter":{"demographic":{"type":"operator","or":[{"type":"gender","oneOf":["female"]},'
        '{"type":"age","gte":"age_20","lt":"age_40"}]}},'
        '"limit":{"max":1100,"upToRemainingQuota":true,"forbidPartialDelivery":true},'
        '"notificationDisabled":true}'
    )


@pytest.mark.parametrize(
    ("leaf", "spelled"),
    [
        (GenderFilter((Gender.MALE, Gender.FEMALE, Gender.MALE)), {"type": "gender", "oneOf": ["male", "female"]}),
        (OSFilter((OS.ANDROID, OS.IOS)), {"type": "appType", "oneOf": ["android", "ios"]}),
        (AreaFilter(("jp_13", "jp_14", "jp_13")), {"type": "area", "oneOf": ["jp_13", "jp_14"]}),
        (AgeFilter(from_age=15), {"type": "age", "gte": "age_15"}),
        (AgeFilter(below_age=70), {"type": "age", "lt": "age_70"}),
        (FriendshipFilter(7, 365), {"type": "subscriptionPeriod", "gte": "day_7", "lt": "day_365"}),
    ],
)
def test_filters_have_lines_shape(leaf: AttributeNode, spelled: dict[str, object]) -> None:
    """Each filter is LINE's object of LP 4.4; a value named twice is sent once."""
    assert demographic_json(leaf) == spelled


@pytest.mark.parametrize(
    ("at_most", "recipient_limit", "limit"),
    [
        (None, None, {"upToRemainingQuota": True, "forbidPartialDelivery": True}),
        (0, None, {"max": 50, "upToRemainingQuota": True, "forbidPartialDelivery": True}),
        (100, None, {"max": 150, "upToRemainingQuota": True, "forbidPartialDelivery": True}),
        (5000, None, {"max": 5500, "upToRemainingQuota": True, "forbidPartialDelivery": True}),
        (LARGEST_LIMIT, None, {"max": LARGEST_LIMIT, "upToRemainingQuota": True, "forbidPartialDelivery": True}),
        (5000, 70, {"max": 70}),
        (None, 70, {"max": 70}),
    ],
)
def test_limit_is_all_or_nothing_unless_the_caller_limits(
    at_most: int | None, recipient_limit: int | None, limit: dict[str, object]
) -> None:
    """The bound with some headroom goes with both flags; a caller's own limit goes alone (architecture 3)."""
    targeting = Targeting((LIST,), (), LineAudience(None, AgeFilter(20)))

    request = compile_narrowcast(targeting, at_most=at_most, recipient_limit=recipient_limit)

    assert request.limit.to_json() == limit


def test_nobody_can_ask_for_everybody() -> None:
    """A request without both trees can't be made: LINE would send to all friends."""
    with pytest.raises(ValueError, match="needs a recipient tree"):
        Narrowcast(None, None, Limit(most=100))


@pytest.mark.parametrize(
    ("most", "up_to_remaining_quota", "forbid_partial_delivery"),
    [(None, False, False), (0, False, False), (100, False, True)],
)
def test_limits_that_line_misreads_cannot_be_made(
    most: int | None,
    up_to_remaining_quota: bool,  # noqa: FBT001 - a parameter
    forbid_partial_delivery: bool,  # noqa: FBT001 - a parameter
) -> None:
    """No limit at all, a limit of nobody, and all-or-nothing without the quota flag are refused (LP 4.7)."""
    with pytest.raises(ValueError, match=r"limit|forbidPartialDelivery"):
        Limit(most, up_to_remaining_quota, forbid_partial_delivery)


@pytest.mark.parametrize(
    ("chosen", "mode"),
    [
        (None, "LINE_AUDIENCE_ABSENT"),
        (LineAudience(None, AgeFilter(20), ListMode.LIST_APPLIED), "LIST_APPLIED"),
    ],
)
def test_unsupported_modes_are_named(chosen: LineAudience | None, mode: str) -> None:
    """A mode that can't be sent raises an error that names it, rather than something else being sent."""
    with pytest.raises(TargetingModeUnsupported) as raised:
        compile_narrowcast(Targeting((LIST,), (), chosen), at_most=None, recipient_limit=None)

    assert raised.value.mode == mode


@pytest.mark.parametrize(
    ("most", "reach", "held"),
    [(None, None, None), (None, 101, 110), (1100, None, 1100), (1100, 101, 110), (70, 101, 70), (1100, 120, 120)],
)
def test_hold_is_the_lesser_of_reach_and_limit(most: int | None, reach: int | None, held: int | None) -> None:
    """What LINE holds back is foreseen by LP 4.7, the reach rounded up to tens."""
    request = Narrowcast(RecipientAudience(101), None, Limit(most, up_to_remaining_quota=True))

    assert request.count_held(reach) == held


@pytest.mark.parametrize(
    ("most", "reach", "needed"),
    [(None, None, None), (None, 101, 110), (1100, None, 1100), (1100, 101, 1100), (70, 101, 70)],
)
def test_a_send_needs_its_own_limit_or_what_line_holds(most: int | None, reach: int | None, needed: int | None) -> None:
    """The reach bounds no recipients, so that it lowers no limit; without a limit the hold is what is known (R14)."""
    request = Narrowcast(RecipientAudience(101), None, Limit(most, up_to_remaining_quota=True))

    assert request.count_needed(reach) == needed
