"""LINE's raw figures of a campaign (LP 7.2), and their roll-up over its requests.

Nothing here may be shown: `thresholds.publish` is the only way out. None is LINE's null, which is no zero (LP 7.4).
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
CellT = TypeVar("CellT")


@dataclass(frozen=True, slots=True)
class BubbleObservation:
    """What LINE counts for one bubble: times, then people."""

    sequence: int
    impression: int | None = None
    media_played: int | None = None
    unique_media_played: int | None = None
    unique_media_completed: int | None = None


@dataclass(frozen=True, slots=True)
class LinkObservation:
    """What LINE counts for one URL: times, then people."""

    sequence: int
    url: str
    click: int | None = None
    unique_click: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """What LINE counts for one request, or for a whole campaign once it is rolled up.

    `delivered` is None until all messages are sent; any other figure also while it, or the number of people behind it,
    is below 20 (LP 7.4).
    """

    delivered: int | None = None
    unique_impression: int | None = None
    unique_click: int | None = None
    unique_media_played: int | None = None
    bubbles: tuple[BubbleObservation, ...] = ()
    links: tuple[LinkObservation, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestObservation:
    """What LINE counts for one request; `request` names the row of delivery's ledger."""

    request: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Observation:
    """What LINE counts for every request of a campaign that it accepted, in ledger order."""

    requests: tuple[RequestObservation, ...]
    observe_time: datetime


_NO_BUBBLE = BubbleObservation(0)
_NO_LINK = LinkObservation(0, "")


def roll_up(observation: Observation) -> Totals:
    """Add the requests of a campaign up; a figure that LINE does not tell for one of them is not told for all.

    All requests of a campaign carry the same messages, so a bubble or URL that one of them lacks is one that LINE does
    not tell of.
    """
    parts = [request.totals for request in observation.requests]
    bubbles = [_keyed([bubble.sequence for bubble in part.bubbles], part.bubbles) for part in parts]
    links = [_keyed([(link.sequence, link.url) for link in part.links], part.links) for part in parts]
    return Totals(
        delivered=_add(part.delivered for part in parts),
        unique_impression=_add(part.unique_impression for part in parts),
        unique_click=_add(part.unique_click for part in parts),
        unique_media_played=_add(part.unique_media_played for part in parts),
        bubbles=tuple(_add_bubbles(key[0], [part.get(key, _NO_BUBBLE) for part in bubbles]) for key in _union(bubbles)),
        links=tuple(_add_links(key[0], [part.get(key, _NO_LINK) for part in links]) for key in _union(links)),
    )


def _add(figures: Iterable[int | None]) -> int | None:
    told = list(figures)
    known = [figure for figure in told if figure is not None]
    return sum(known) if known and len(known) == len(told) else None


def _add_bubbles(sequence: int, parts: Sequence[BubbleObservation]) -> BubbleObservation:
    return BubbleObservation(
        sequence,
        impression=_add(part.impression for part in parts),
        media_played=_add(part.media_played for part in parts),
        unique_media_played=_add(part.unique_media_played for part in parts),
        unique_media_completed=_add(part.unique_media_completed for part in parts),
    )


def _add_links(key: tuple[int, str], parts: Sequence[LinkObservation]) -> LinkObservation:
    return LinkObservation(
        *key,
        click=_add(part.click for part in parts),
        unique_click=_add(part.unique_click for part in parts),
    )


def number_repeats(keys: Iterable[KeyT]) -> list[tuple[KeyT, int]]:
    """Tell equal keys apart by how often they came before: LINE may list one URL of a bubble twice."""
    seen: Counter[KeyT] = Counter()
    numbered = []
    for key in keys:
        numbered.append((key, seen[key]))
        seen[key] += 1
    return numbered


def _keyed(keys: Iterable[KeyT], cells: Iterable[CellT]) -> dict[tuple[KeyT, int], CellT]:
    return dict(zip(number_repeats(keys), cells, strict=True))


def _union(parts: Sequence[dict[KeyT, CellT]]) -> list[KeyT]:
    """Return the keys of all parts, those of the first in its order, before those that only later ones have."""
    return list(dict.fromkeys(key for part in parts for key in part))
