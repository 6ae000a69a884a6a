"""Trees in words."""

import pytest

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
    OSFilter,
)
from delivery.domain.targeting.wording import word_attributes, word_audiences

FIRST, SECOND = Audience("channels/acme/audiences/101"), Audience("channels/acme/audiences/102")


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (FIRST, "audiences/101"),
        (AllOf((FIRST, AllBut(SECOND))), "audiences/101 and not audiences/102"),
        (AllOf((FIRST, AnyOf((FIRST, SECOND)))), "audiences/101 and (audiences/101 or audiences/102)"),
        (AllBut(AllOf((FIRST, SECOND))), "not (audiences/101 and audiences/102)"),
        (AllBut(AnyOf((FIRST,))), "not audiences/101"),
        (AllBut(AnyOf((AllOf((FIRST, SECOND)),))), "not (audiences/101 and audiences/102)"),
        (AllBut(AllBut(FIRST)), "not not audiences/101"),
    ],
)
def test_audiences_in_words(tree: AudienceNode, words: str) -> None:
    """Operators read as words, with brackets where the meaning needs them."""
    assert word_audiences(tree) == words


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (AllOf((GenderFilter((Gender.FEMALE,)), AgeFilter(20))), "gender is female and age is 20 or more"),
        (AgeFilter(below_age=30), "age is under 30"),
        (AgeFilter(20, 40), "age is 20 to under 40"),
        (OSFilter((OS.IOS, OS.ANDROID)), "OS is one of ios, android"),
        (AreaFilter(("jp_13",)), "area is jp_13"),
        (FriendshipFilter(7, 90), "friend for 7 to under 90 days"),
    ],
)
def test_attributes_in_words(tree: AttributeNode, words: str) -> None:
    """Each filter reads as a condition."""
    assert word_attributes(tree) == words
