"""Tests of what the facts of a campaign make of its rounds."""

from datetime import UTC, datetime, timedelta

import pytest

from reporting.domain.rounds import CLOCK_SKEW, Fact, FactKind, Heard, Round

ORDERED = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def hear(*facts: tuple[FactKind, timedelta]) -> Heard:
    """Return what is known after facts, each at a time after the order."""
    return Heard().add(*(Fact(kind, ORDERED + wait) for kind, wait in facts))


def test_ordered() -> None:
    """An order alone is a round that nothing is known of."""
    heard = hear((FactKind.ORDERED, 0 * HOUR))

    assert heard.rounds == [Round(ORDERED, None, sent=False, ended=False)]
    assert not heard.rounds[0].decided
    assert heard.last_counted is None


def test_own_time_of_line() -> None:
    """LINE's own time counts as soon as it is known, whatever delivery's clock said."""
    learned = hear((FactKind.ORDERED, 0 * HOUR), (FactKind.ACCEPTED, 20 * HOUR))
    confirmed = learned.add(Fact(FactKind.CONFIRMED, ORDERED + MINUTE))

    assert [part.accept_time for part in (learned.rounds[0], confirmed.rounds[0])] == [
        ORDERED + 20 * HOUR,
        ORDERED + MINUTE,
    ]


def test_first_request_begins_the_count() -> None:
    """Of several requests of one round the first one begins the count of days."""
    heard = hear((FactKind.ORDERED, 0 * HOUR), (FactKind.CONFIRMED, 2 * HOUR), (FactKind.CONFIRMED, HOUR))

    assert heard.rounds[0].accept_time == ORDERED + HOUR


@pytest.mark.parametrize(
    ("facts", "counted"),
    [
        ([FactKind.ACCEPTED], True),
        ([FactKind.ACCEPTED, FactKind.UNCERTAIN], True),
        ([FactKind.ACCEPTED, FactKind.GIVEN_UP], True),
        ([FactKind.ACCEPTED, FactKind.ENDED], False),
        ([FactKind.UNCERTAIN], False),
        ([FactKind.GIVEN_UP], False),
        ([FactKind.SENT], False),
    ],
)
def test_counted(facts: list[FactKind], counted: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """What LINE took is counted unless it is known that nobody got it, and nothing else is."""
    heard = hear((FactKind.ORDERED, 0 * HOUR), *((kind, HOUR) for kind in facts))

    assert (heard.last_counted is not None) is counted


def test_given_up_without_an_acceptance() -> None:
    """What was given up and never accepted, nobody got."""
    heard = hear((FactKind.ORDERED, 0 * HOUR), (FactKind.GIVEN_UP, HOUR))

    assert heard.rounds[0].ended


def test_sent_again() -> None:
    """A second order begins a round of its own, which the end of the first one does not touch."""
    heard = hear((FactKind.ORDERED, 0 * HOUR), (FactKind.ENDED, 10 * HOUR), (FactKind.ORDERED, 24 * HOUR))
    accepted = heard.add(Fact(FactKind.ACCEPTED, ORDERED + 25 * HOUR))

    assert [part.ended for part in heard.rounds] == [True, False]
    assert accepted.last_counted == accepted.rounds[1]


def test_forgotten_order() -> None:
    """What came before the first order that was heard belongs to a round of its own."""
    heard = hear((FactKind.CONFIRMED, 0 * HOUR), (FactKind.ORDERED, 24 * HOUR))

    assert [(part.order_time, part.accept_time) for part in heard.rounds] == [
        (None, ORDERED),
        (ORDERED + 24 * HOUR, None),
    ]
    assert heard.find_round(ORDERED) == heard.rounds[0]


@pytest.mark.parametrize(("behind", "belongs"), [(CLOCK_SKEW, True), (CLOCK_SKEW + MINUTE, False)])
def test_clock_skew(behind: timedelta, belongs: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """What LINE dates a little before an order, by a clock that is behind, still belongs to it."""
    heard = hear((FactKind.ORDERED, 0 * HOUR), (FactKind.CONFIRMED, -behind))

    assert (len(heard.rounds) == 1) is belongs
