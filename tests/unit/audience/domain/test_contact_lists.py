"""How contacts divide, and which readings can't be true."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audience.domain.contact_lists import LineIdKind, classify, is_plausible, tally

VALUES = st.one_of(
    st.none(), st.text(max_size=40), st.integers(0, 5).map(lambda number: f"U{number:032x}"), st.just("U" + "A" * 32)
)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, LineIdKind.MISSING),
        ("", LineIdKind.MISSING),
        (" \t", LineIdKind.MISSING),
        ("U" + "0a" * 16, LineIdKind.WELL_FORMED),
        ("  U" + "0a" * 16 + "\n", LineIdKind.WELL_FORMED),
        ("U" + "0A" * 16, LineIdKind.MALFORMED),
        ("u" + "0a" * 16, LineIdKind.MALFORMED),
        ("C" + "0a" * 16, LineIdKind.MALFORMED),
        ("U" + "0a" * 16 + "0", LineIdKind.MALFORMED),
        ("U" + "０" * 32, LineIdKind.MALFORMED),
    ],
)
def test_classify(value: str | None, kind: LineIdKind) -> None:
    """A LINE user id is U and 32 lower-case hex digits (LP 8.7); space around it does not matter."""
    member = classify("1", value)

    assert member.line_id_kind is kind
    assert (member.line_user_id is not None) == (kind is LineIdKind.WELL_FORMED)


@given(st.lists(VALUES))
def test_tally(values: list[str | None]) -> None:
    """Every contact is counted exactly once, and recipients are different people."""
    members = [classify(str(number), value) for number, value in enumerate(values)]
    counted = tally(members)

    assert counted.contacts == len(values)
    assert counted.recipients == len({member.line_user_id for member in members} - {None})
    assert min(counted.recipients, counted.missing, counted.malformed, counted.duplicates) >= 0


@pytest.mark.parametrize(
    ("contacts", "reported_size", "before", "plausible"),
    [
        (0, 5, 0, False),
        (0, 0, 7, True),
        (0, None, 0, True),
        (0, None, 7, False),
        (1, 500, 7, True),
        (1, None, 7, True),
    ],
)
def test_plausibility(contacts: int, reported_size: int | None, before: int, plausible: bool) -> None:  # noqa: FBT001 - a row
    """An empty reading can't be true against a reported size, nor against members before where no size is told."""
    assert is_plausible(contacts, reported_size, before=before) is plausible
