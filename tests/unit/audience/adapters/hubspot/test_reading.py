"""Whatever a batch read answers, each asked id ends up read or missing, and only once."""

from hypothesis import given
from hypothesis import strategies as st

from audience.adapters.hubspot.documents import ContactDocument
from audience.adapters.hubspot.reading import ReadingInProgress

ids = st.integers(1, 12).map(str)
contacts = st.builds(
    ContactDocument,
    ids,
    st.dictionaries(st.just("line"), st.none() | st.text(max_size=3)),
    st.frozensets(ids, max_size=3),
)


@given(st.lists(ids, max_size=8), st.lists(st.lists(contacts, max_size=6), max_size=3))
def test_every_asked_id_is_accounted_for(asked: list[str], answers: list[list[ContactDocument]]) -> None:
    """`line_ids` and `missing` part the asked ids between them; merged ids are among those read."""
    reading = ReadingInProgress(asked, line_id_property="line")
    for answer in answers:
        reading.take(answer)
    done = reading.finish()

    assert done.line_ids.keys() | done.missing == set(asked)
    assert not done.line_ids.keys() & done.missing
    assert done.merged_into.keys() <= done.line_ids.keys()
    assert "" not in done.line_ids.values()


def test_stranger_to_many_stays_unknown() -> None:
    """A contact that matches none of several asked ids is not taken for any of them."""
    reading = ReadingInProgress(["1", "2"], line_id_property="line")

    left_over = reading.take([ContactDocument("9", {"line": "x"}, frozenset())])

    assert left_over
    assert reading.finish().missing == {"1", "2"}


def test_stranger_to_one_answers_it() -> None:
    """The one contact of an answer belongs to the one id that was asked."""
    reading = ReadingInProgress(["1"], line_id_property="line")
    reading.take([ContactDocument("9", {"line": "x"}, frozenset())])
    done = reading.finish()

    assert (done.line_ids, done.merged_into) == ({"1": "x"}, {"1": "9"})
