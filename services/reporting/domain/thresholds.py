"""What of LINE's raw figures may be seen (architecture 7: V1, V2, V4, V8; requirements Q2, Q4).

`publish` is the only way from raw figures to a `Publishable`, and nothing but a `Publishable` is translated for a
caller or put into an event. The rules, all of them functions of published values and LINE's new ones:

- A count of people below 20 is HIDDEN, `delivered` included, which LINE itself would show.
- A count that is out moves up by 20 or more, or stays: nobody learns what a handful of people did in between.
- A count that is out never goes back, neither to a smaller number nor to HIDDEN.
- `delivered` is published once, when LINE has sent all messages; until then nothing else is.
- A part is shown only up to its whole as published: URL up to clicks, player up to players, all up to delivered.
- Times (impressions, plays, clicks) are shown only beside the people behind them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import InitVar, dataclass, fields, replace
from typing import Any, TypeVar

from reporting.domain.counts import HIDDEN, NO_LONGER, NOT_YET, Count, CountState
from reporting.domain.figures import BubbleFigures, Figures, LinkFigures
from reporting.domain.observations import BubbleObservation, LinkObservation, Totals, number_repeats

THRESHOLD = 20
"""Fewer people than this are never shown (Q2)."""

STEP = 20
"""A published count moves by no less (V8)."""

PartT = TypeVar("PartT", Figures, BubbleFigures, LinkFigures)

_SEAL = object()


@dataclass(frozen=True, slots=True)
class Publishable:
    """Figures that passed the thresholds; only this module makes it, so that no other figures can be published."""

    figures: Figures
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        """Refuse to be made elsewhere.

        Raises:
            TypeError: the maker is not this module.

        """
        if seal is not _SEAL:
            raise TypeError("Only reporting.domain.thresholds makes a Publishable.")


NOTHING_YET = Publishable(Figures(), _SEAL)
"""What is shown before the first publication: that nothing has been counted yet."""

NEVER_TOLD = Publishable(
    Figures(delivered=NO_LONGER, opened=NO_LONGER, clicked=NO_LONGER, media_played=NO_LONGER), _SEAL
)
"""What is shown of a campaign that LINE tells nothing of: that figures can't be had any more."""


def publish(totals: Totals, before: Publishable = NOTHING_YET) -> Publishable:
    """Return what may be seen of new figures of a campaign whose last publication was `before`."""
    known = before.figures
    delivered = _decide_delivered(totals.delivered, known.delivered)
    opened = _decide_people(totals.unique_impression, known.opened, whole=delivered)
    clicked = _decide_people(totals.unique_click, known.clicked, whole=delivered)
    media_played = _decide_people(totals.unique_media_played, known.media_played, whole=delivered)
    figures = Figures(
        delivered=delivered,
        opened=opened,
        clicked=clicked,
        media_played=media_played,
        bubbles=_decide_bubbles(totals.bubbles, known.bubbles, opened=opened, players=media_played),
        links=_decide_links(totals.links, known.links, clickers=clicked),
    )
    return Publishable(figures, _SEAL)


def close(publishable: Publishable) -> Publishable:
    """Return the last figures of a campaign: what LINE has not told by then, it tells no longer."""
    figures = publishable.figures
    closed = replace(
        _close_counts(figures),
        bubbles=tuple(_close_counts(bubble) for bubble in figures.bubbles),
        links=tuple(_close_counts(link) for link in figures.links),
    )
    return Publishable(closed, _SEAL)


def restore(figures: Figures) -> Publishable:
    """Return figures that were published earlier, as the ledger keeps them.

    Raises:
        ValueError: they break a threshold, so they can't have been published.

    """
    if not all(_was_publishable(count) for count in _counts(figures)):
        raise ValueError("The ledger holds figures that were never publishable.")
    return Publishable(figures, _SEAL)


def _decide_delivered(raw: int | None, before: Count) -> Count:
    """Decide once: LINE tells the number when all messages are sent, and it is final then (LP 7.2, V8)."""
    if before.state is not CountState.NOT_YET:
        return before
    if raw is None:
        return NOT_YET
    return Count(raw, CountState.EXACT) if raw >= THRESHOLD else HIDDEN


def _decide_people(raw: int | None, before: Count, *, whole: Count) -> Count:
    """Decide a count of people within a published whole; a hidden or absent whole has the value 0, so hides all."""
    if raw is not None and raw <= whole.value and raw - before.value >= STEP:
        return Count(raw, CountState.EXACT)
    return _repeat(before, whole)


def _decide_times(raw: int | None, before: Count, *, people: Count) -> Count:
    """Decide how often people acted; where it can't be told how many they are, their acts could single one out."""
    if people.is_exact and raw is not None and raw - before.value >= STEP:
        return Count(raw, CountState.EXACT)
    return _repeat(before, people)


def _repeat(before: Count, beside: Count) -> Count:
    """Repeat what is out; else LINE's null means "below 20" as soon as it has counted at all (LP 7.4)."""
    if before.state is not CountState.NOT_YET:
        return before
    return NOT_YET if beside.state is CountState.NOT_YET else HIDDEN


def _decide_bubbles(
    raw: Sequence[BubbleObservation], before: Sequence[BubbleFigures], *, opened: Count, players: Count
) -> tuple[BubbleFigures, ...]:
    """Decide each bubble that LINE tells of, or told of earlier, by its number."""
    told = {bubble.sequence: bubble for bubble in raw}
    known = {bubble.sequence: bubble for bubble in before}
    return tuple(
        _decide_bubble(
            told.get(sequence, BubbleObservation(sequence)),
            known.get(sequence, BubbleFigures(sequence)),
            opened=opened,
            players=players,
        )
        for sequence in sorted(told.keys() | known.keys())
    )


def _decide_bubble(raw: BubbleObservation, before: BubbleFigures, *, opened: Count, players: Count) -> BubbleFigures:
    bubble_players = _decide_people(raw.unique_media_played, before.players, whole=players)
    return BubbleFigures(
        raw.sequence,
        # LINE tells no people per bubble here (LP 7.2); those who opened any bubble are the nearest that it tells.
        impressions=_decide_times(raw.impression, before.impressions, people=opened),
        plays=_decide_times(raw.media_played, before.plays, people=bubble_players),
        players=bubble_players,
        completions=_decide_people(raw.unique_media_completed, before.completions, whole=bubble_players),
    )


def _decide_links(
    raw: Sequence[LinkObservation], before: Sequence[LinkFigures], *, clickers: Count
) -> tuple[LinkFigures, ...]:
    """Decide each URL that LINE tells of, or told of earlier, in the order in which they came up."""
    told = dict(zip(number_repeats((link.sequence, link.url) for link in raw), raw, strict=True))
    known = dict(zip(number_repeats((link.sequence, link.url) for link in before), before, strict=True))
    return tuple(
        _decide_link(told.get(key, LinkObservation(*key[0])), known.get(key, LinkFigures(*key[0])), clickers=clickers)
        for key in dict.fromkeys([*known, *told])
    )


def _decide_link(raw: LinkObservation, before: LinkFigures, *, clickers: Count) -> LinkFigures:
    link_clickers = _decide_people(raw.unique_click, before.clickers, whole=clickers)
    clicks = _decide_times(raw.click, before.clicks, people=link_clickers)
    return LinkFigures(raw.sequence, raw.url, clicks=clicks, clickers=link_clickers)


def _counts(figures: Figures) -> Iterator[Count]:
    yield from (figures.delivered, figures.opened, figures.clicked, figures.media_played)
    for bubble in figures.bubbles:
        yield from (bubble.impressions, bubble.plays, bubble.players, bubble.completions)
    for link in figures.links:
        yield from (link.clicks, link.clickers)


def _close_counts(part: PartT) -> PartT:
    """Return a part of the figures without counts that are still to come."""
    awaited = [field.name for field in fields(part) if getattr(part, field.name) == NOT_YET]
    closed: dict[str, Any] = dict.fromkeys(awaited, NO_LONGER)
    return replace(part, **closed)


def _was_publishable(count: Count) -> bool:
    return count.value >= THRESHOLD if count.is_exact else count.value == 0
