"""Tests of the roll-up over a campaign's requests."""

from reporting.domain.observations import BubbleObservation, LinkObservation, Totals, roll_up
from tests.fakes.reporting_sends import observe

URL = "https://shop.example/a"


def test_one_request() -> None:
    """The figures of the only request are those of the campaign."""
    totals = Totals(
        delivered=100,
        unique_impression=None,
        unique_click=30,
        bubbles=(BubbleObservation(1, impression=80), BubbleObservation(2)),
        links=(LinkObservation(1, URL, 40, 30), LinkObservation(1, URL, 25, 22), LinkObservation(1, f"{URL}/b")),
    )

    assert roll_up(observe(totals)) == totals


def test_several_requests() -> None:
    """Figures add up where every request has one; a null is no zero and makes the sum unknown (LP 7.4)."""
    first = Totals(
        delivered=100,
        unique_impression=50,
        bubbles=(BubbleObservation(1, impression=80, media_played=30),),
        links=(LinkObservation(1, URL, click=40, unique_click=30),),
    )
    second = Totals(
        delivered=60,
        unique_click=25,
        bubbles=(BubbleObservation(1, impression=20), BubbleObservation(2, impression=30)),
        links=(LinkObservation(1, f"{URL}/b", click=10), LinkObservation(1, URL, click=2)),
    )

    assert roll_up(observe(first, second)) == Totals(
        delivered=160,
        bubbles=(BubbleObservation(1, impression=100), BubbleObservation(2)),
        links=(LinkObservation(1, URL, click=42), LinkObservation(1, f"{URL}/b")),
    )


def test_no_request() -> None:
    """Without a request nothing is known."""
    assert roll_up(observe()) == Totals()
