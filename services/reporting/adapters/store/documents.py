"""Figures and facts as JSON documents: a count is `[value, state]`, a fact `[kind, time]`; keys are the domain's."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from reporting.domain.counts import Count, CountState
from reporting.domain.figures import BubbleFigures, Figures, LinkFigures
from reporting.domain.observations import Observation
from reporting.domain.rounds import Fact, FactKind, Heard
from reporting.domain.thresholds import Publishable, restore

_PEOPLE = ("delivered", "opened", "clicked", "media_played")
_OF_BUBBLE = ("impressions", "plays", "players", "completions")
_OF_LINK = ("clicks", "clickers")


def write_figures(publishable: Publishable) -> dict[str, Any]:
    """Write published figures."""
    figures = publishable.figures
    return {
        **_write_counts(figures, _PEOPLE),
        "bubbles": [{"sequence": bubble.sequence, **_write_counts(bubble, _OF_BUBBLE)} for bubble in figures.bubbles],
        "links": [
            {"sequence": link.sequence, "url": link.url, **_write_counts(link, _OF_LINK)} for link in figures.links
        ],
    }


def read_figures(document: Mapping[str, Any]) -> Publishable:
    """Read published figures back; raises ValueError when they were never publishable."""
    return restore(
        Figures(
            **_read_counts(document, _PEOPLE),
            bubbles=tuple(
                BubbleFigures(bubble["sequence"], **_read_counts(bubble, _OF_BUBBLE)) for bubble in document["bubbles"]
            ),
            links=tuple(
                LinkFigures(link["sequence"], link["url"], **_read_counts(link, _OF_LINK)) for link in document["links"]
            ),
        )
    )


def write_requests(observation: Observation) -> Sequence[dict[str, Any]]:
    """Write raw figures, request by request; a null is LINE's."""
    return [asdict(request) for request in observation.requests]


def write_heard(heard: Heard) -> Sequence[tuple[str, str]]:
    """Write what was heard of a campaign, in an order of its own so that equal sets are equal documents."""
    return sorted((fact.kind.value, fact.time.isoformat()) for fact in heard.facts)


def read_heard(document: Sequence[Sequence[str]]) -> Heard:
    """Read it back."""
    return Heard(frozenset(Fact(FactKind(kind), datetime.fromisoformat(time)) for kind, time in document))


def _write_counts(owner: object, names: Sequence[str]) -> dict[str, Any]:
    counts: dict[str, Count] = {name: getattr(owner, name) for name in names}
    return {name: [count.value, count.state.name] for name, count in counts.items()}


def _read_counts(document: Mapping[str, Any], names: Sequence[str]) -> dict[str, Count]:
    return {name: Count(document[name][0], CountState[document[name][1]]) for name in names}
