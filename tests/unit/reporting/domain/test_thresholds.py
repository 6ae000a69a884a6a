"""Tests of what may be seen (architecture 7: V1, V2, V4, V8)."""

import dataclasses
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.domain.counts import HIDDEN, NO_LONGER, NOT_YET, Count, CountState, Rate
from reporting.domain.figures import BubbleFigures, Figures, LinkFigures
from reporting.domain.observations import BubbleObservation, LinkObservation, Totals
from reporting.domain.thresholds import NOTHING_YET, Publishable, close, publish, restore

URL = "https://shop.example/a"


def exact(value: int) -> Count:
    """Return a count that is shown."""
    return Count(value, CountState.EXACT)


def publish_all(*observed: Totals) -> Figures:
    """Publish one observation after another, and return what is shown in the end."""
    shown = NOTHING_YET
    for totals in observed:
        shown = publish(totals, shown)
    return shown.figures


@pytest.mark.parametrize(
    ("raw", "shown"), [(0, HIDDEN), (1, HIDDEN), (19, HIDDEN), (20, exact(20)), (1520, exact(1520)), (None, NOT_YET)]
)
def test_delivered(raw: int | None, shown: Count) -> None:
    """LINE tells of 1 to 19 delivered, we do not; its null means that it still sends."""
    assert publish_all(Totals(delivered=raw)).delivered == shown


@pytest.mark.parametrize(("raw", "shown"), [(0, HIDDEN), (19, HIDDEN), (20, exact(20)), (None, HIDDEN)])
def test_people(raw: int | None, shown: Count) -> None:
    """Below 20 people, told or null, no count is shown."""
    figures = publish_all(Totals(delivered=100, unique_impression=raw, unique_click=raw, unique_media_played=raw))

    assert [figures.opened, figures.clicked, figures.media_played] == [shown] * 3


def test_null_before_delivery() -> None:
    """While LINE still sends, a null says that nothing was counted yet."""
    assert publish_all(Totals()).opened == NOT_YET


def test_hidden_delivered_hides_all() -> None:
    """When fewer than 20 got it, nothing of it is shown, whatever LINE tells."""
    figures = publish_all(
        Totals(
            delivered=19,
            unique_impression=20,
            bubbles=(BubbleObservation(1, impression=300),),
            links=(LinkObservation(1, URL, click=40, unique_click=30),),
        )
    )

    assert figures == Figures(
        delivered=HIDDEN,
        opened=HIDDEN,
        clicked=HIDDEN,
        media_played=HIDDEN,
        bubbles=(BubbleFigures(1, HIDDEN, HIDDEN, HIDDEN, HIDDEN),),
        links=(LinkFigures(1, URL, HIDDEN, HIDDEN),),
    )


@pytest.mark.parametrize(("second", "shown"), [(119, 100), (120, 120), (99, 100), (None, 100), (0, 100), (400, 400)])
def test_movement(second: int | None, shown: int) -> None:
    """A published count moves up by 20 or more, or is repeated (V8)."""
    first = Totals(delivered=500, unique_impression=100)

    assert publish_all(first, replace(first, unique_impression=second)).opened == exact(shown)


def test_steps_add_up() -> None:
    """Small steps are measured from what was published, so that they show once they are 20 together."""
    observed = [Totals(delivered=500, unique_impression=opened) for opened in (100, 110, 119, 121)]

    assert publish_all(*observed).opened == exact(121)


@pytest.mark.parametrize(
    ("first", "second", "shown"), [(100, 500, exact(100)), (15, 500, HIDDEN), (None, 30, exact(30))]
)
def test_delivered_is_published_once(first: int | None, second: int, shown: Count) -> None:
    """The first figure for delivered, shown or hidden, is the last one."""
    assert publish_all(Totals(delivered=first), Totals(delivered=second)).delivered == shown


def test_times_beside_people() -> None:
    """Clicks, plays and impressions are shown only beside the people behind them."""
    hidden = publish_all(
        Totals(
            delivered=100,
            bubbles=(BubbleObservation(1, impression=90, media_played=60, unique_media_played=19),),
            links=(LinkObservation(1, URL, click=90, unique_click=19),),
        )
    )
    shown = publish_all(
        Totals(
            delivered=100,
            unique_impression=50,
            unique_click=30,
            unique_media_played=25,
            bubbles=(BubbleObservation(1, impression=90, media_played=60, unique_media_played=20),),
            links=(LinkObservation(1, URL, click=90, unique_click=20),),
        )
    )

    assert hidden.bubbles == (BubbleFigures(1, HIDDEN, HIDDEN, HIDDEN, HIDDEN),)
    assert hidden.links == (LinkFigures(1, URL, HIDDEN, HIDDEN),)
    assert shown.bubbles == (BubbleFigures(1, exact(90), exact(60), exact(20), HIDDEN),)
    assert shown.links == (LinkFigures(1, URL, exact(90), exact(20)),)


def test_part_within_its_whole() -> None:
    """A URL is not shown with more clickers than the message as published."""
    first = Totals(delivered=100, unique_click=30)
    second = Totals(delivered=100, unique_click=45, links=(LinkObservation(1, URL, click=60, unique_click=40),))
    figures = publish_all(first, second)

    assert figures.clicked == exact(30)
    assert figures.links == (LinkFigures(1, URL, HIDDEN, HIDDEN),)


def test_urls_that_line_forgets() -> None:
    """A URL that was published stays, in its place, when LINE no longer tells of it."""
    link = LinkObservation(1, URL, click=60, unique_click=40)
    other = LinkObservation(1, "https://shop.example/b", click=50, unique_click=30)
    totals = Totals(delivered=100, unique_click=50, links=(link, other))
    figures = publish_all(totals, replace(totals, links=(other,)), replace(totals, links=()))

    assert [(shown.url, shown.clickers) for shown in figures.links] == [(URL, exact(40)), (other.url, exact(30))]


def test_rates() -> None:
    """Rates are shares of published counts; what is missing says why (V2)."""
    figures = publish_all(Totals(delivered=200, unique_impression=50, unique_click=19))

    assert figures.open_rate == Rate(0.25, CountState.EXACT)
    assert figures.click_rate == Rate(0.0, CountState.HIDDEN)
    assert Figures().open_rate == Rate(0.0, CountState.NOT_YET)


def test_publishable_is_sealed() -> None:
    """Nobody but thresholding makes a `Publishable`, also not from another one."""
    other = Figures(delivered=exact(3))

    with pytest.raises(TypeError):
        Publishable(other, object())
    with pytest.raises((TypeError, ValueError)):
        replace(NOTHING_YET, figures=other)  # type: ignore[call-arg]  # what is tried
    with pytest.raises(dataclasses.FrozenInstanceError):
        NOTHING_YET.figures = other  # type: ignore[misc]  # what is tried


@pytest.mark.parametrize("count", [exact(19), exact(0), Count(5, CountState.HIDDEN), Count(30, CountState.NOT_YET)])
def test_restored_figures_are_checked(count: Count) -> None:
    """Figures that can't have been published are not taken for published ones."""
    with pytest.raises(ValueError, match="never publishable"):
        restore(Figures(links=(LinkFigures(1, URL, clickers=count),)))


def test_restored_figures() -> None:
    """What was published is published again unchanged."""
    published = publish(Totals(delivered=100, unique_impression=40))

    assert restore(published.figures) == published


FIGURE = st.none() | st.integers(0, 120)
BUBBLE = st.builds(BubbleObservation, st.integers(1, 2), FIGURE, FIGURE, FIGURE, FIGURE)
LINK = st.builds(LinkObservation, st.integers(1, 2), st.sampled_from([URL, "https://shop.example/b"]), FIGURE, FIGURE)
TOTALS = st.builds(
    Totals,
    FIGURE,
    FIGURE,
    FIGURE,
    FIGURE,
    st.lists(BUBBLE, max_size=2, unique_by=lambda bubble: bubble.sequence).map(tuple),
    st.lists(LINK, max_size=3).map(tuple),
)


def list_counts(figures: Figures) -> list[Count]:
    """Return all counts of a report, in order; later reports only append bubbles and URLs."""
    counts = [figures.delivered, figures.opened, figures.clicked, figures.media_played]
    for bubble in figures.bubbles:
        counts += [bubble.impressions, bubble.plays, bubble.players, bubble.completions]
    for link in figures.links:
        counts += [link.clicks, link.clickers]
    return counts


@given(st.lists(TOTALS, min_size=1, max_size=4))
def test_no_small_count_is_ever_shown(observed: list[Totals]) -> None:
    """Whatever LINE tells, nobody sees a count from 1 to 19, or a value that is not exact."""
    counts = list_counts(publish_all(*observed))

    assert all(count.value >= 20 if count.is_exact else count.value == 0 for count in counts)


@given(st.lists(TOTALS.map(lambda totals: replace(totals, bubbles=(), links=totals.links[:1])), min_size=2, max_size=5))
def test_counts_only_grow_in_large_steps(observed: list[Totals]) -> None:
    """From one publication to the next a count is repeated or grows by 20 or more, and never hides again."""
    link = LinkObservation(1, URL)
    observed = [
        replace(totals, links=tuple(replace(told, sequence=1, url=URL) for told in totals.links) or (link,))
        for totals in observed
    ]
    shown = NOTHING_YET
    for totals in observed:
        newer = publish(totals, shown)
        moves = list(zip(list_counts(shown.figures), list_counts(newer.figures), strict=False))

        assert all(after.value == before.value or after.value - before.value >= 20 for before, after in moves)
        assert all(
            after.state is not CountState.NOT_YET for before, after in moves if before.state != CountState.NOT_YET
        )
        assert all(after.is_exact for before, after in moves if before.is_exact)
        shown = newer


@given(st.lists(TOTALS, min_size=1, max_size=4))
def test_rates_follow_from_what_is_shown(observed: list[Totals]) -> None:
    """A rate tells nothing that its two published counts don't."""
    figures = publish_all(*observed)
    again = Figures(delivered=figures.delivered, opened=figures.opened, clicked=figures.clicked)

    assert (figures.open_rate, figures.click_rate) == (again.open_rate, again.click_rate)
    for part, rate in ((figures.opened, figures.open_rate), (figures.clicked, figures.click_rate)):
        assert rate.state is CountState.EXACT or rate.value == 0
        if part.is_exact and figures.delivered.is_exact:
            assert rate.value == part.value / figures.delivered.value <= 1


@given(st.lists(TOTALS, min_size=1, max_size=4))
def test_parts_stay_within_wholes(observed: list[Totals]) -> None:
    """No shown part exceeds its shown whole, so that no difference points below zero or at a hidden number."""
    figures = publish_all(*observed)
    pairs = [(part, figures.delivered) for part in (figures.opened, figures.clicked, figures.media_played)]
    pairs += [(link.clickers, figures.clicked) for link in figures.links]
    pairs += [(bubble.players, figures.media_played) for bubble in figures.bubbles]

    assert all(part.value <= whole.value for part, whole in pairs)


def test_closed() -> None:
    """At the end, counts that were not told yet are told no longer; all others stay as they were published."""
    links = (LinkFigures(1, URL, clicks=exact(40)),)
    figures = Figures(delivered=exact(200), opened=HIDDEN, bubbles=(BubbleFigures(1, exact(50)),), links=links)
    closed = close(restore(figures)).figures

    assert (closed.delivered, closed.opened, closed.clicked) == (exact(200), HIDDEN, NO_LONGER)
    assert closed.bubbles == (BubbleFigures(1, exact(50), NO_LONGER, NO_LONGER, NO_LONGER),)
    assert closed.links == (LinkFigures(1, URL, exact(40), NO_LONGER),)
    assert close(restore(figures)) == close(close(restore(figures)))
