"""How reactions are shown: the figures of one send, or of several together, under LINE's null rule (LP 7.2-7.4)."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from sandbox.line.insight.reactions import PLAY_STEPS, Figure, Link, Reactions
from sandbox.line.platform import Line

SMALLEST_SHOWN = 20
OVERVIEW = ("uniqueImpression", "uniqueClick", "uniqueMediaPlayed", "uniqueMediaPlayed100Percent")


class Summed:
    """The reactions to several sends, taken together: times add up, a person counts once."""

    def __init__(self, parts: Sequence[Reactions]) -> None:
        self._parts = parts

    @property
    def bubbles(self) -> range:
        """The numbers of the bubbles, from 1."""
        return range(1, max((part.bubbles for part in self._parts), default=0) + 1)

    @property
    def links(self) -> list[Link]:
        """Every URL of a bubble, in order of appearance."""
        return list(dict.fromkeys(link for part in self._parts for link in part.links))

    def opened(self) -> int:
        """Return everyone who saw a bubble."""
        return _join(part.opened() for part in self._parts)

    def openers(self, seq: int) -> int:
        """Return everyone who saw this bubble."""
        return self.impressions(seq).people

    def clicked(self, url: str | None = None) -> int:
        """Return everyone who tapped a URL, any one when None."""
        return _join(part.clicked(url) for part in self._parts)

    def impressions(self, seq: int) -> Figure:
        """Return how often a bubble was seen."""
        return _add(part.impressions(seq) for part in self._parts if seq <= part.bubbles)

    def clicks(self, link: Link) -> Figure:
        """Return the taps on a URL in its bubble."""
        return _add(part.clicks(link) for part in self._parts if link in part.links)

    def plays(self, seq: int, percent: int) -> Figure:
        """Return the starts of a bubble's media, or how often they reached `percent`."""
        return _add(part.plays(seq, percent) for part in self._parts if seq <= part.bubbles)


def describe_overview(reactions: Summed) -> dict[str, int | None]:
    """Return the values of `overview` that are about people."""
    values = (
        reactions.opened(),
        reactions.clicked(),
        _join(reactions.plays(seq, 0).people for seq in reactions.bubbles),
        _join(reactions.plays(seq, 100).people for seq in reactions.bubbles),
    )
    return dict(zip(OVERVIEW, map(count_people, values), strict=True))


def describe_bubbles(reactions: Summed, *, with_unique_impression: bool) -> list[dict[str, Any]]:
    """Return `messages`; only the statistics of a unit have `uniqueImpression` (LP 7.3)."""
    described = []
    for seq in reactions.bubbles:
        shown: dict[str, Any] = {"seq": seq, "impression": hide_small(reactions.impressions(seq))}
        if with_unique_impression:
            shown["uniqueImpression"] = count_people(reactions.openers(seq))
        for step in (0, *PLAY_STEPS):
            figure, suffix = reactions.plays(seq, step), f"{step}Percent" if step else ""
            shown[f"mediaPlayed{suffix}"] = hide_small(figure)
            shown[f"uniqueMediaPlayed{suffix}"] = count_people(figure.people)
        described.append(shown)
    return described


def describe_clicks(line: Line, reactions: Summed) -> list[dict[str, Any]]:
    """Return `clicks`, one entry per URL and bubble."""
    urls = list(dict.fromkeys(link.url for link in reactions.links))
    by_bubble = line.settings.click_seq == "bubble"
    described = []
    for link in reactions.links:
        figure = reactions.clicks(link)
        described.append(
            {
                "seq": link.seq if by_bubble else urls.index(link.url) + 1,
                "url": link.url,
                "click": hide_small(figure),
                "uniqueClick": count_people(figure.people),
                "uniqueClickOfRequest": count_people(reactions.clicked(link.url)),
            }
        )
    return described


def hide_small(figure: Figure) -> int | None:
    """Return the times, or null when they or the people behind them are under 20 (LP 7.4)."""
    if figure.times < SMALLEST_SHOWN or figure.people.bit_count() < SMALLEST_SHOWN:
        return None
    return figure.times


def count_people(people: int) -> int | None:
    """Return the number of people, or null when under 20 (LP 7.4)."""
    count = people.bit_count()
    return count if count >= SMALLEST_SHOWN else None


def _join(sets: Any) -> int:
    return reduce(or_, sets, 0)


def _add(figures: Any) -> Figure:
    return reduce(or_, figures, Figure())
