"""Tests of subjects with wildcards."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.events.subjects import EVERYTHING, Subscription, lacking, unite

TOKENS = ("a", "b")
CONCRETE = [".".join(tokens) for length in (1, 2, 3) for tokens in itertools.product(TOKENS, repeat=length)]
PATTERNS = st.builds(
    lambda tokens, rest: ".".join([*tokens, *rest]),
    st.lists(st.sampled_from((*TOKENS, "*")), min_size=1, max_size=3),
    st.sampled_from(([], [">"])),
)


def matches(pattern: str, subject: str) -> bool:
    """Tell whether a pattern stands for a subject without wildcards, as NATS says it."""
    wanted, tokens = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted, tokens = wanted[:-1], tokens[: len(wanted) - 1] if len(tokens) >= len(wanted) else []
    return len(wanted) == len(tokens) and all(w in ("*", t) for w, t in zip(wanted, tokens, strict=True))


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("x.v1.*.campaign.*", ["x.v1.acme.campaign.accepted", "x.v1.*.campaign.accepted", "x.v1.*.campaign.*"]),
        ("x.v1.>", ["x.v1.acme", "x.v1.acme.campaign.accepted", "x.v1.*.campaign.*", "x.v1.a.>"]),
        (EVERYTHING, ["x", "x.>", ">"]),
    ],
)
def test_covered_subjects_are_not_lacking(pattern: str, covered: list[str]) -> None:
    """A wildcard stands for what NATS lets it stand for, another wildcard's subjects included."""
    assert lacking([pattern], covered) == []


@pytest.mark.parametrize(
    ("pattern", "lacked"),
    [
        (
            "x.v1.*.campaign.*",
            ["x.v1.acme.channel.created", "x.v1.acme.campaign", "x.v1.a.campaign.b.c", "x.v1.>"],
        ),
        ("x.v1.>", ["x.v1", "x.v2.a", "x.>"]),
        ("x.v1.acme.campaign.*", ["x.v1.*.campaign.*"]),
    ],
)
def test_uncovered_subjects_are_lacking(pattern: str, lacked: list[str]) -> None:
    """What the pattern stands for in part only is lacking as a whole."""
    assert lacking([pattern], lacked) == lacked


@given(st.lists(PATTERNS, max_size=4), st.lists(PATTERNS, max_size=4))
def test_union_stands_for_the_same_without_overlaps(have: list[str], wanted: list[str]) -> None:
    """A union has every subject of both and no further one, and none of its patterns covers another."""
    union = unite(have, wanted)

    for subject in CONCRETE:
        assert any(matches(p, subject) for p in union) == any(matches(p, subject) for p in (*have, *wanted))
    assert lacking(union, [*have, *wanted]) == []
    assert all(lacking([other], [one]) for one, other in itertools.permutations(union, 2))


def test_subscription_wants_its_subjects() -> None:
    """An event is wanted if one of the subjects stands for its own."""
    subscription = Subscription(consumer="reader", stream="x", subjects=("x.v1.*.a.*", "x.v1.*.b.made"))

    assert subscription.wants("x.v1.acme.a.made")
    assert subscription.wants("x.v1.acme.b.made")
    assert not subscription.wants("x.v1.acme.b.lost")
