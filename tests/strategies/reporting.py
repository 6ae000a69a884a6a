"""What may be heard of a campaign: stories that delivery can tell, and facts without rhyme or reason."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from reporting.domain.rounds import Fact, FactKind

ORDERED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def durations(longest: timedelta) -> st.SearchStrategy[timedelta]:
    """Give whole minutes up to `longest`."""
    return st.integers(0, int(longest.total_seconds() // 60)).map(lambda minutes: timedelta(minutes=minutes))


ANY_FACTS = st.lists(
    st.builds(Fact, st.sampled_from(FactKind), durations(40 * DAY).map(lambda wait: ORDERED + wait)),
    min_size=1,
    max_size=12,
)
"""Facts of all kinds at all times."""


@st.composite
def stories(draw: st.DrawFn) -> list[Fact]:
    """Give what delivery tells of one campaign, in the order in which it happens.

    Each round but the last one is left uncertain, and a person has it sent again.
    """
    facts: list[Fact] = []
    time = ORDERED
    for is_last in [False] * draw(st.integers(0, 2)) + [True]:
        told = _tell_acceptance(draw, time) if draw(st.booleans()) else []
        end = draw(st.sampled_from(_ENDS)) if is_last else FactKind.UNCERTAIN
        known = max([time, *(fact.time for fact in told)]) + draw(durations(15 * DAY))
        facts += [Fact(FactKind.ORDERED, time), *told, Fact(end, known)]
        time = known + timedelta(hours=1) + draw(durations(3 * DAY))
    return facts


_ENDS = (FactKind.SENT, FactKind.UNCERTAIN, FactKind.GIVEN_UP, FactKind.ENDED)


def _tell_acceptance(draw: st.DrawFn, order_time: datetime) -> list[Fact]:
    """Give an acceptance that delivery learns of up to 23 hours after LINE's own time, which comes later or never."""
    line_time = order_time + draw(durations(timedelta(hours=2)))
    learned = Fact(FactKind.ACCEPTED, line_time + draw(durations(timedelta(hours=23))))
    return [learned, Fact(FactKind.CONFIRMED, line_time)] if draw(st.booleans()) else [learned]
