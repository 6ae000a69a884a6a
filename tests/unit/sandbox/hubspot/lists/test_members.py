"""Members behave as a sorted map, whatever is added and removed."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.hubspot.lists.members import Members

ids = st.lists(st.integers(1, 300), max_size=120)


@given(st.lists(st.tuples(st.booleans(), ids), max_size=6))
def test_like_a_map(steps: list[tuple[bool, list[int]]]) -> None:
    """After any steps the ids are sorted and different, and each has the time it joined."""
    members, model = Members(), dict[int, int]()
    for time, (adds, record_ids) in enumerate(steps):
        if adds:
            new = members.add(record_ids, joined_ms=time)
            assert new == sorted(set(record_ids) - model.keys())
            model |= dict.fromkeys(new, time)
        else:
            gone = members.remove(record_ids)
            assert gone == sorted(set(record_ids) & model.keys())
            model = {record_id: joined for record_id, joined in model.items() if record_id not in gone}

    assert members.page_after(0, 1_000) == sorted(model.items())
    assert len(members) == len(model)


@given(st.sets(st.integers(1, 300)), st.integers(1, 40))
def test_pages(record_ids: set[int], limit: int) -> None:
    """Walking up and walking down both meet every member once."""
    members = Members()
    members.add(record_ids, joined_ms=0)
    up, down = list[int](), list[int]()
    while page := members.page_after(up[-1] if up else 0, limit):
        up += [record_id for record_id, _ in page]
    while page := members.page_before(down[-1] if down else 1_000, limit):
        down += [record_id for record_id, _ in page]

    assert up == sorted(record_ids)
    assert down == sorted(record_ids, reverse=True)
