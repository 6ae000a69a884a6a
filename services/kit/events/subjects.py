"""Subjects of events with NATS's wildcards, and what a consumer subscribes to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_ONE = "*"
_REST = ">"

EVERYTHING = _REST
"""Stands for every subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What one consumer of a service reads.

    Attributes:
        consumer: its name, as `reporting-campaigns`; the inbox, dead letters and JetStream's durable bear it.
        stream: name of the producing service's stream.
        subjects: what it handles, as `outreach.delivery.v1.*.campaign.*`.

    """

    consumer: str
    stream: str
    subjects: tuple[str, ...]

    def wants(self, subject: str) -> bool:
        """Tell whether an event of this subject is for the consumer."""
        return not lacking(self.subjects, [subject])


def lacking(have: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Return those of `wanted` that no single one of `have` covers, in their order."""
    patterns = list(have)
    return [subject for subject in wanted if not any(_covers(pattern, subject) for pattern in patterns)]


def unite(*groups: Iterable[str]) -> list[str]:
    """Return the fewest of the subjects that cover all of them, sorted; JetStream refuses one that covers another."""
    subjects = sorted({subject for group in groups for subject in group})
    return [subject for subject in subjects if not _is_covered(subject, subjects)]


def _is_covered(subject: str, subjects: Sequence[str]) -> bool:
    return any(other != subject and _covers(other, subject) for other in subjects)


def _covers(pattern: str, subject: str) -> bool:
    """Tell whether `pattern` stands for everything that `subject`, which may hold wildcards, stands for."""
    tokens = subject.split(".")
    for position, token in enumerate(pattern.split(".")):
        if token == _REST:
            return len(tokens) > position
        if position == len(tokens) or tokens[position] == _REST:
            return False
        if token not in (_ONE, tokens[position]):
            return False
    return len(tokens) == pattern.count(".") + 1
